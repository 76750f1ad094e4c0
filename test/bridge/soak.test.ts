/** The bench for leaks and free turns of the event loop, scaled down: `npm run bench:soak` runs it in full. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

interface Report {
  calls: { nodeMiB: number };
  jobs: { nodeMiB: number };
  stream: { events: number; longestDelayMs: number; longestBusyMs: number; kept: number };
}

test('calls, jobs and events leave nothing behind, and Node stays free', { timeout: 400_000 }, async () => {
  const bench = path.resolve(import.meta.dirname, '../bench/bridge/soak.ts');
  const { stdout } = await execa(process.execPath, ['--import', 'tsx/esm', bench, '3000', '8', '6000']);
  const { calls, jobs, stream } = JSON.parse(stdout) as Report;
  // A leak of 700 bytes a call, or of a job's whole record, would be 2 MiB.
  expect(calls.nodeMiB).toBeLessThan(2);
  expect(jobs.nodeMiB).toBeLessThan(2);
  expect(stream.events).toBe(6000);
  // Messages are taken in slices of 8 ms. Processor time, because a busy machine makes any pause on the clock longer.
  expect(stream.longestBusyMs).toBeLessThan(40);
  expect(stream.kept).toBeLessThanOrEqual(4096);
});
