/**
 * Ctrl-C on a real run: twice ends it at once and leaves no process (once saves a checkpoint: loop/smoke.test.ts). The job stands
 * still (SIGSTOP) while it is told to stop, so that the second signal surely comes while the first one waits.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as setTimeoutAwaited } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { expectGone, inheritorsOf, parentOf } from '../bridge/helpers/processes.js';
import { runCommandLine, type CommandActs } from '../helpers/command.js';

let runDir = '';
beforeAll(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-interrupt-')), 'run');
});
afterAll(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const run = (acts: CommandActs) => runCommandLine(['run', 'configs/smoke.yaml', '--json', '--run-dir', runDir], acts);

const jobEvent = (event: TimedEvent) => (event.type === 'job' ? event.event : null);

describe.skipIf(process.platform !== 'linux')('Ctrl-C', () => {
  test('twice: now, and nothing is left', { timeout: 120_000 }, async () => {
    const [name, value] = ['MEDGR2_TEST_INTERRUPT', String(process.pid)];
    const family = (): number[] => inheritorsOf(`${name}=${value}`);
    let before: number[] = [];
    let firstWaits = false;
    let second = 0;
    const interruptAgain = (child: ChildProcess): void => {
      before = family();
      second = performance.now();
      child.kill('SIGINT');
    };
    const { code, events, stderr } = await run({
      env: { [name]: value },
      onEvent: (event, child) => {
        const job = jobEvent(event);
        if (job?.type !== 'job-start') return;
        process.kill(job.pid, 'SIGSTOP');
        child.kill('SIGINT');
      },
      onError: (said, child) => {
        if (firstWaits || !said.includes('again to stop at once')) return;
        firstWaits = true;
        setTimeout(interruptAgain, 1500, child);
      },
    });
    expect(code, stderr).toBe(130);
    // The first signal alone would have waited for the job, which stands still, for half a minute.
    expect(performance.now() - second).toBeLessThan(20_000);
    await expectGone(before);
    expect(family()).toEqual([]);
    // The first signal alone would have waited: the command, Python, its forkserver and the job were all there.
    expect(before.length).toBeGreaterThanOrEqual(4);
    expect(events.at(-1)?.type, 'nothing was finished in a hurry').toBe('job');
  });

  test('not at all, but Python is killed: an end that says so, and no lock', { timeout: 120_000 }, async () => {
    let worker = 0;
    let killed = false;
    const { code, events, stderr } = await run({
      onEvent: (event) => {
        const job = jobEvent(event);
        if (job?.type === 'job-start') worker = job.pid;
        // The job's process is forked from a server that the supervisor started.
        else if (job?.type === 'progress' && !killed) killed = process.kill(parentOf(parentOf(worker)), 'SIGKILL');
      },
    });
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('error (python-died)');
    expect(stderr).toContain('what to do: ');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'failed' });
    expect(existsSync(join(runDir, 'run.lock'))).toBe(false);
    await expectGone([worker]);
  });

  test(
    'never comes of a reader that has seen enough (`| head`): the run, in the folder that was left so, goes on unread',
    { timeout: 180_000 },
    async () => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx/esm', 'src/cli/main.ts', 'run', 'configs/smoke.yaml', '--plain', '--run-dir', runDir],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.stdout.once('data', () => child.stdout.destroy());
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
      const happened = (): string =>
        existsSync(join(runDir, 'events.jsonl')) ? readFileSync(join(runDir, 'events.jsonl'), 'utf8') : '';
      // Lines are printed at the start and end of each stage: by the end of this one several met a closed pipe.
      while (child.exitCode === null && !/"stage-end".*"evaluate-base"/.test(happened())) await setTimeoutAwaited(200);
      expect(child.exitCode, said).toBe(null);
      child.kill('SIGINT');
      expect(await ended, said).toBe(130);
      expect(said).toContain('nobody reads what is printed here any more');
      expect(happened()).toContain('"status":"interrupted"');
    },
  );
});
