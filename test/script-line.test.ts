/** Every script of package.json answers --help with its usage, and what it does not know with usage and exit code 2. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../src/bridge/environment/package-paths.js';

const { scripts } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const files = [
  ...Object.values(scripts)
    .join('\n')
    .matchAll(/bootstrap\.mjs file (\S+)/g),
].map((match) => match[1] ?? '');
const own = files.find((file) => !/families|gpu-check/.test(file));

const run = (file: string, value: string) =>
  spawnSync(process.execPath, ['--import', 'tsx/esm', file, value], { cwd: packageRoot, encoding: 'utf8' });

describe('a script of the checkout', () => {
  test('reads its line by the one helper, so that it has a usage', () => {
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) expect(readFileSync(path.join(packageRoot, file), 'utf8'), file).toMatch(/scriptLine\(/);
  });

  // The others read their line by the same helper; starting each takes seconds.
  test.each([own ?? '', 'test/bench/faults/faults.ts'])('%s', { timeout: 120_000 }, (file) => {
    const help = run(file, '--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(/npm run/);
    const unknown = run(file, '--nonsense');
    expect(unknown).toMatchObject({ status: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/--nonsense/);
    expect(unknown.stderr).not.toMatch(/^\s+at /m);
  });
});
