/** The bridge works where Node works: in a worker thread, and twice in one process. */
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openEngine } from '../../src/bridge/jobs/open-engine.js';
import { expectGone, zombiesOf } from './helpers/processes.js';

const fixtures = path.join(import.meta.dirname, 'fixtures');

/** A thread that runs a fixture. */
function thread(fixture: string, argv: readonly string[] = []): Worker {
  const file = JSON.stringify(path.join(fixtures, fixture));
  const code = `import('tsx/esm/api').then(({ register }) => (register(), import(${file})))`;
  return new Worker(code, { eval: true, argv: [...argv], stdout: true });
}

test('a worker thread runs jobs, and its end is the end of its Python', { timeout: 120_000 }, async () => {
  const worker = thread('in-worker.ts');
  const { result, pids } = await new Promise<{ result: unknown; pids: number[] }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  expect(result).toEqual({ done: 3 });
  expect(pids).toHaveLength(3);
  await worker.terminate();
  await expectGone(pids);
  expect(zombiesOf(process.pid)).toEqual([]); // nobody would wait for them
});

test(
  'in a worker thread, too, a Python that dies is told, another starts, and one is closed',
  {
    timeout: 120_000,
  },
  async () => {
    const worker = thread('alone.ts', ['SIGKILL']);
    const ended = once(worker, 'exit');
    expect(await text(worker.stdout)).toBe(`${JSON.stringify({ code: 'python-died', done: 1 })}\n`);
    expect(await ended).toEqual([0]);
    expect(zombiesOf(process.pid)).toEqual([]);
  },
);

test('two engines in one process do not know of each other', { timeout: 120_000 }, async () => {
  const options = { preload: false, pythonPath: [fixtures] };
  const [one, two] = await Promise.all([openEngine(options), openEngine(options)]);
  expect(one.pid).not.toBe(two.pid);
  const job = one.startModule('bridge_jobs', { do: 'wait' });
  for await (const event of job.events) {
    if (event.type !== 'progress') continue;
    process.kill(two.pid, 'SIGKILL'); // the next job is handed over before its end is known
    expect(await two.startModule('bridge_jobs', { do: 'count', total: 2 }).result).toEqual({ done: 2 });
    await two.close();
    await job.cancel();
  }
  expect(await one.startModule('bridge_jobs', { do: 'count', total: 1 }).result).toEqual({ done: 1 });
  await expect(job.result).rejects.toMatchObject({ code: 'job-cancelled' });
  await one.close();
});
