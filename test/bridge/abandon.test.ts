/** Node dies by SIGKILL while a job is busy: nothing of ours is left running. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { expectGone } from './helpers/processes.js';

test(
  'the end of Node is the end of Python, of its busy job and of what that started',
  { timeout: 120_000 },
  async () => {
    const script = path.join(import.meta.dirname, 'fixtures', 'abandon.ts');
    const node = spawn(process.execPath, ['--import', 'tsx/esm', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let pids: number[] = [];
    for await (const line of createInterface(node.stdout)) {
      ({ pids } = JSON.parse(line) as { pids: number[] });
      break;
    }
    expect(pids).toHaveLength(3);
    node.kill('SIGKILL');
    await expectGone(pids);
  },
);
