/** Importing the bridge starts nothing, and an engine without work does not keep Node from ending. */
import { execa } from 'execa';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const run = (code: string) =>
  execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { cwd: root, timeout: 100_000 });

test('importing starts nothing', { timeout: 120_000 }, async () => {
  const { stdout } = await run(`
    await import('./src/bridge/jobs/open-engine.ts');
    console.log(process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|MessagePort|FSReq)/.test(name)).join());`);
  expect(stdout).toBe('');
});

test('an idle engine lets Node end, a running job does not', { timeout: 120_000 }, async () => {
  const { stdout } = await run(`
    const { openEngine } = await import('./src/bridge/jobs/open-engine.ts');
    const engine = await openEngine({ preload: false, pythonPath: ['test/bridge/fixtures'] });
    engine.startModule('bridge_jobs', { do: 'count', total: 3 }).result.then((result) => console.log(result.done));`);
  expect(stdout).toBe('3');
});
