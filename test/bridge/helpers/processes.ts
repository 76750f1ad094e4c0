/** Whether processes have ended, for tests that no orphan is left. Linux only. */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';

/** Asserts that the processes end within two seconds. */
export async function expectGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => Promise.all(pids.map(isRunning)), { timeout: 2000 }).toEqual(pids.map(() => false));
}

/** A zombie has ended: it only waits for its parent, which a container may not have. */
async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text !== null && !/\) [ZX] /.test(text);
}
