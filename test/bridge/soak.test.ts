/** The bench for leaks and free turns of the event loop, scaled down: `npm run bench:soak` runs it in full. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

interface Report {
  calls: { nodeMiB: number };
  jobs: { nodeMiB: number };
  stream: { events: number; longestDelayMs: number; kept: number };
}

test('calls, jobs and events leave nothing behind, and Node stays free', { timeout: 240_000 }, async () => {
  const bench = path.resolve(import.meta.dirname, '../bench/soak.ts');
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', bench, '8000', '20', '10000']);
  const { calls, jobs, stream } = JSON.parse(stdout) as Report;
  // A leak of 250 bytes a call, or of a job's whole record, would be 2 MiB.
  expect(calls.nodeMiB).toBeLessThan(2);
  expect(jobs.nodeMiB).toBeLessThan(2);
  expect(stream.events).toBe(10_000);
  expect(stream.kept).toBeLessThanOrEqual(4096);
});
