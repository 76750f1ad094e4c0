/**
 * What `npm pack` puts into the package. With MEDGR2_TEST_PACKAGE=1 also the real thing: built, packed, installed into an
 * empty project, a six-line script that trains there, and the package of somebody else's in test/own-parts: its types, and its two
 * cycles with one of each part, killed and gone on with (needs the npm registry; takes ten minutes).
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { findPython } from '../src/bridge/environment/find-python.js';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..');
const minutes = 60_000;

test(
  'the package has the Python sources, the base model and the notice, and no caches',
  { timeout: 2 * minutes },
  async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string; size: number }[] }];
    const sizes = new Map(files.map((file) => [file.path, file.size]));
    for (const name of ['contract.json', '__main__.py', 'executors/local.py', 'phantom/base/chat_template.jinja'])
      expect(sizes.has(`py/medgr2/${name}`), name).toBe(true);
    for (const base of ['base', 'judge'])
      expect(sizes.get(`py/medgr2/phantom/${base}/model.safetensors`), base).toBeGreaterThan(1_000_000);
    for (const name of ['py/requirements.txt', 'configs/demo.yaml', 'src/grading/WORDNET-NOTICE.txt', 'LICENSE'])
      expect(sizes.has(name), name).toBe(true);
    // The pages of rooms ship, since README links to them; the rooms themselves do not.
    const unwanted = /__pycache__|\.pyc$|^test\/(?!bench\/README\.md$)|^\.|^src\/.*\.tsx?$|^runs\//;
    expect([...sizes.keys()].filter((name) => unwanted.test(name))).toEqual([]);
  },
);

const script = `import { openEngine } from 'medgr2';
const row = { image: 'scan.png', prompt: 'Which modality is this?', completion: '<answer>CT</answer>' };
for (const part of ['rewards', 'data', 'evaluation', 'report', 'parts']) await import('medgr2/' + part);
await using engine = await openEngine();
const job = engine.sft({ model: 'phantom', data: Array.from({ length: 16 }, () => row), outDir: 'out', trl: { max_steps: 2 } });
console.log((await job.result).checkpoint);
`;

const asked = process.env['MEDGR2_TEST_PACKAGE'] === '1';
test.runIf(asked)('installed in an empty project it trains', { timeout: 30 * minutes }, async () => {
  const project = await mkdtemp(path.join(tmpdir(), 'medgr2-package-'));
  try {
    // A copy: packing builds, and the checkout's own dist is not ours to replace.
    const copy = path.join(project, 'copy');
    for (const name of [
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'README.md',
      'LICENSE',
      'src',
      'py',
      'configs',
    ])
      await cp(path.join(root, name), path.join(copy, name), { recursive: true });
    const bin = path.join(root, 'node_modules', '.bin');
    const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH']}`, MEDGR2_PYTHON: findPython() };
    await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    await run('npm', ['pack', '--pack-destination', project], { cwd: copy, env });
    const empty = path.join(project, 'empty');
    await cp(path.join(root, 'LICENSE'), path.join(empty, 'LICENSE'));
    await writeFile(path.join(empty, 'package.json'), '{ "name": "empty", "private": true }');
    await run('npm', ['install', '--no-audit', '--no-fund', path.join(project, 'medgr2-0.1.0.tgz')], {
      cwd: empty,
      env,
    });
    expect((await run('npx', ['medgr2', 'setup'], { cwd: empty, env })).stdout).toContain(env.MEDGR2_PYTHON);
    expect((await run('npx', ['medgr2', 'doctor'], { cwd: empty, env })).stdout).toContain('ok       shipped files');
    await sharp({ create: { width: 84, height: 84, channels: 3, background: 'gray' } }).toFile(
      path.join(empty, 'scan.png'),
    );
    await writeFile(path.join(empty, 'train.mjs'), script);
    const { stdout } = await run(process.execPath, ['train.mjs'], { cwd: empty, env });
    expect(stdout.trim()).toBe(path.join(empty, 'out', 'model'));
    await typesHold(empty, env);
    await partsWork(empty, env);
  } finally {
    await rm(project, { recursive: true, force: true });
  }
});

type Env = Readonly<Record<string, string | undefined>>;

/** What is not there in a project that has nothing but medgr2: types of Node's. */
async function typesHold(empty: string, env: Env): Promise<void> {
  const own = path.join(empty, 'own');
  await cp(path.join(root, 'test', 'own-parts'), own, { recursive: true });
  const readme = await readFile(path.join(root, 'src', 'README.md'), 'utf8');
  const shown = /## Parts of your own[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(shown).toContain('runLoop');
  await writeFile(path.join(own, 'readme.ts'), shown);
  await mkdir(path.join(empty, 'node_modules', '@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types'])
    await symlink(path.join(root, 'node_modules', name), path.join(empty, 'node_modules', name)).catch(() => {});
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['preserve', 'bundler'],
  ]) {
    const strict = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      allowImportingTsExtensions: true,
    };
    const compilerOptions = { module, moduleResolution, target: 'es2023', lib: ['esnext'], types: ['node'], ...strict };
    await writeFile(path.join(own, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    expect(await run('tsc', ['-p', own], { env }).catch((error: { stdout: string }) => error)).toMatchObject({
      stdout: '',
    });
  }
}

/** By its YAML alone, with the tiny model: killed in the second cycle, gone on with, and done again as far as another version touches it. */
async function partsWork(empty: string, env: Env): Promise<void> {
  const own = path.join(empty, 'own');
  const values = ['medgr2', 'run', path.join(own, 'loop.yaml'), '--run-dir', path.join(empty, 'run'), '--plain'];
  const cut = spawn('npx', values, { cwd: empty, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let told = '';
  for await (const chunk of cut.stdout) {
    told += String(chunk);
    if (/cycle 2\/2 {2}SFT/.test(told)) break;
  }
  process.kill(-(cut.pid ?? 0), 'SIGKILL');
  if (cut.exitCode === null && cut.signalCode === null) await once(cut, 'exit');
  expect(told).toMatch(/cycle 1\/2 {2}halve +came 8, stayed 4/);
  const { stdout } = await run('npx', values, { cwd: empty, env });
  expect(stdout).toMatch(/cycle 2\/2 {2}filter +done before/);
  expect(await rewardsOf(path.join(empty, 'run'), 2)).toEqual(expect.arrayContaining(['brevity', 'politeness']));
  const parts = path.join(own, 'parts.ts');
  const text = await readFile(parts, 'utf8');
  await writeFile(
    parts,
    text.replace(
      "name: 'brevity',\n  weight: 0.1,\n  version: '1'",
      "name: 'brevity',\n  weight: 0.1,\n  version: '2'",
    ),
  );
  await expect(run('npx', values, { cwd: empty, env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cycle-1/grpo was made from other inputs'),
  });
}

/** Names of the rewards that a cycle's GRPO was trained with. */
async function rewardsOf(runDir: string, cycle: number): Promise<string[]> {
  const lines = (await readFile(path.join(runDir, 'events.jsonl'), 'utf8')).trim().split('\n');
  type Told = { cycle?: number; stage?: string; event?: { grpo?: { rewards: object } | null } };
  return lines.flatMap((line) => {
    const told = JSON.parse(line) as Told;
    return told.cycle === cycle && told.stage === 'grpo' ? Object.keys(told.event?.grpo?.rewards ?? {}) : [];
  });
}
