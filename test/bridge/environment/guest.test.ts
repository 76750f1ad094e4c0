/** medgr2 in other people's projects: their variables, their bundler, their Node, their temporary folder. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { environmentPython } from '../../../src/bridge/environment/find-python.js';
import { packageRoot, rootAround } from '../../../src/bridge/environment/package-paths.js';
import { misleading, pythonVariables } from '../../../src/bridge/environment/python-variables.js';
import { temporaryLogs } from '../../../src/bridge/jobs/temporary-logs.js';

const run = promisify(execFile);
let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'medgr2-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('variables of a shell', () => {
  const hostile = {
    PATH: process.env['PATH'],
    PYTHONHOME: '/wrong',
    PYTHONPATH: '/theirs',
    CONDA_PREFIX: '/conda',
    VIRTUAL_ENV: '/theirs',
    PIP_USER: '1',
    // Python does not start with this one.
    PYTHONHASHSEED: 'none',
    PYTHONOPTIMIZE: '2',
    PYTHONDONTWRITEBYTECODE: '1',
  };

  test.runIf(existsSync(environmentPython()))('change nothing in the own environment', async () => {
    const env = pythonVariables(environmentPython(), ['/more'], hostile);
    const script = 'import json, site, sys; print(json.dumps([sys.prefix, sys.path[:3], site.ENABLE_USER_SITE]))';
    const { stdout } = await run(environmentPython(), ['-c', script], { env });
    const [prefix, paths, userSite] = JSON.parse(stdout) as [string, string[], boolean];
    expect(path.resolve(prefix)).toBe(path.dirname(path.dirname(environmentPython())));
    expect(paths).toEqual(['', path.join(packageRoot, 'py'), '/more']);
    expect(userSite).toBe(false);
    expect(Object.keys(env).filter((name) => /^(CONDA|PIP|VIRTUAL|PYTHON(HASH|OPT))/.test(name))).toEqual([]);
    expect(env['PYTHONDONTWRITEBYTECODE']).toBe('1');
  });

  test('stay with a Python that the person named, and its errors name them', () => {
    const theirs = { ...hostile, MEDGR2_PYTHON: '/usr/bin/python3' };
    const { PYTHONHOME, PYTHONPATH } = pythonVariables('/usr/bin/python3', [], theirs);
    expect([PYTHONHOME, PYTHONPATH]).toEqual(['/wrong', `${path.join(packageRoot, 'py')}:/theirs`]);
    expect(misleading('/usr/bin/python3', theirs)).toContain(
      ' PYTHONHASHSEED=none and PYTHONHOME=/wrong and PYTHONOPTIMIZE=2 and PYTHONPATH=/theirs say how this Python starts',
    );
    expect(misleading('/usr/bin/python3', { MEDGR2_PYTHON: '/usr/bin/python3' })).toBe('');
  });
});

describe('the SDK', () => {
  const source = path.join(packageRoot, 'src');

  test('says that it was bundled, and how not to', async () => {
    const require = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'));
    const esbuild = path.join(path.dirname(require.resolve('esbuild/package.json')), 'bin', 'esbuild');
    // Every entry point begins with this; a library within the bundle may fail in words of its own (`yaml` does).
    const first = path.join(source, 'bridge', 'environment', 'refuse-old-node.ts');
    const file = path.join(folder, 'entry.js');
    writeFileSync(path.join(folder, 'library.js'), "throw new Error('Dynamic require is not supported');");
    writeFileSync(file, `import ${JSON.stringify(first)};\nimport './library.js';`);
    for (const [format, name] of Object.entries({ esm: 'out.mjs', cjs: 'out.cjs' })) {
      const out = path.join(folder, name);
      const options = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${out}`, '--log-level=error'];
      await run(esbuild, [file, ...options]);
      const stderr = expect.stringMatching(/medgr2 has been bundled[\s\S]*serverExternalPackages/) as string;
      await expect(run(process.execPath, [out]), format).rejects.toMatchObject({ stderr });
    }
    expect(rootAround(pathToFileURL(path.join(source, 'bridge', 'environment', 'x.ts')).href)).toBe(packageRoot);
  });

  test('says in a sentence that Node is too old, before anything else is evaluated', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.9.0" })';
    const loader = pathToFileURL(path.join(packageRoot, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
    const refusal = pathToFileURL(path.join(source, 'bridge', 'environment', 'refuse-old-node.ts')).href;
    const script = `import('${refusal}').catch(({ code, message }) => console.log(code, message))`;
    const { stdout } = await run(process.execPath, ['--import', loader, '--import', old, '-e', script]);
    expect(stdout).toMatch(/^node-too-old medgr2 needs Node 22 or newer; this is /);
    for (const entry of [
      'index.ts',
      'public/data.ts',
      'public/evaluation.ts',
      'public/report.ts',
      'public/rewards.ts',
    ]) {
      const first = /^(?:import|export)[^;]*;/m.exec(readFileSync(path.join(source, entry), 'utf8'))?.[0];
      expect(first, entry).toMatch(/^import '.*refuse-old-node\.js';$/);
    }
  });
});

test('folders of engines long gone are removed, but for the last ten and the living', () => {
  const gone = 2 ** 30; // larger than any process id
  const made = Array.from({ length: 14 }, (_, index) => {
    const name = path.join(folder, `medgr2-logs-${gone}-${index}`);
    mkdirSync(name);
    const hoursAgo = new Date(Date.now() - (20 - index) * 3_600_000);
    utimesSync(name, hoursAgo, hoursAgo);
    return path.basename(name);
  });
  mkdirSync(path.join(folder, 'medgr2-mine'));
  const own = temporaryLogs(folder);
  const left = readdirSync(folder);
  expect(made.filter((name) => !left.includes(name))).toEqual(made.slice(0, 4));
  expect(left).toContain(path.basename(own));
  expect(left).toContain('medgr2-mine');
});
