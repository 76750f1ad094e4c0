/** Node hears how a job ended also where nothing else keeps it alive, and where the supervisor cannot say it. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const script = path.join(import.meta.dirname, 'fixtures', 'alone.ts');

test.each([
  ['SIGKILL', 'python-died'],
  ['SIGSTOP', 'python-silent'],
])('a supervisor that gets %s during a job', { timeout: 120_000 }, async (signal, code) => {
  const { stdout, exitCode } = await execa(process.execPath, ['--import', 'tsx/esm', script, signal], {
    reject: false,
  });
  expect({ exitCode, said: stdout }).toEqual({ exitCode: 0, said: JSON.stringify({ code, done: 1 }) });
});
