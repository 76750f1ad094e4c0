/** A Python that is slow to leave is waited for, then killed; Node goes on after it. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

test('Node does not end while it waits for Python to leave', { timeout: 120_000 }, async () => {
  const script = path.join(import.meta.dirname, 'fixtures', 'slow-leave.ts');
  const { stdout, exitCode } = await execa(process.execPath, ['--import', 'tsx/esm', script], { reject: false });
  expect({ stdout, exitCode }).toEqual({ stdout: 'closed', exitCode: 0 });
});
