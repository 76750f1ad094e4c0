/** What can go wrong across the bridge, made to happen for real: each is a typed error, and the engine runs the next job. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { medgr2 } from '../../src/called-as.js';
import { openEngine, type Engine } from '../../src/bridge/jobs/open-engine.js';
import type { JobHooks } from '../../src/bridge/jobs/running-job.js';
import { findPython } from '../../src/bridge/environment/find-python.js';
import { meaningOf } from '../../src/bridge/failures/python-remedies.js';
import { answerRewards } from '../../src/bridge/jobs/answer-rewards.js';
import { BridgeError, RewardError, type JobError } from '../../src/errors.js';
import { defineReward } from '../../src/reward/define-reward.js';
import { makeSample } from '../helpers/sample.js';
import { expectGone } from './helpers/processes.js';

const fixtures = path.join(import.meta.dirname, 'fixtures');
let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  engine = await openEngine({ preload: false, pythonPath: [fixtures], logDir: folder, callTimeoutMs: 20_000 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const start = (what: string, more: object = {}, hooks: JobHooks = {}) =>
  engine.startModule('bridge_jobs', { do: what, ...more }, hooks);

/** What the promise rejects with. */
const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );

async function runsOn(): Promise<void> {
  expect(await start('count', { total: 1 }).result).toEqual({ done: 1 });
}

describe('a worker', () => {
  test('that is frozen by native code is killed, and its Python stack is in the log', async () => {
    const job = start('frozen', {}, { hangMs: 3000 });
    const error = (await thrown(job.result)) as JobError;
    expect(error).toMatchObject({ name: 'JobError', code: 'job-hung', side: 'python', jobId: job.id });
    expect(error.message).toContain('no heartbeat for 3 s');
    expect(error.logTail).toContain('in do_frozen');
    await expectGone([job.pid ?? 0]);
    await runsOn();
  });

  test('that is stopped is killed too', async () => {
    const job = start('wait', {}, { hangMs: 3000 });
    for await (const event of job.events) if (event.type === 'progress') process.kill(job.pid ?? 0, 'SIGSTOP');
    expect(await thrown(job.result)).toMatchObject({ code: 'job-hung', tried: 'run the bridge_jobs job' });
    await expectGone([job.pid ?? 0]);
  });

  test('that was frozen together with the supervisor has not been late', async () => {
    const job = start('wait', {}, { hangMs: 6000 });
    const saved: string[] = [];
    for await (const event of job.events) {
      if (event.type === 'checkpoint') saved.push(event.path);
      if (event.type !== 'progress') continue;
      const tree = [engine.pid, job.pid ?? 0];
      for (const pid of tree) process.kill(pid, 'SIGSTOP');
      await sleep(8000);
      // The watcher is there first: what it counts is a second, not the time that it was stopped itself.
      process.kill(engine.pid, 'SIGCONT');
      await sleep(1000);
      process.kill(job.pid ?? 0, 'SIGCONT');
      void job.cancel();
    }
    expect(await thrown(job.result)).toMatchObject({ code: 'job-cancelled' });
    expect(saved).toEqual(['somewhere']);
  });

  test('that says nothing for longer than it may is killed, though its heart beats', async () => {
    const error = (await thrown(start('stubborn', {}, { silenceMs: 800 }).result)) as JobError;
    expect(error).toMatchObject({ code: 'job-hung', remedy: expect.stringContaining('silenceMs') });
    await runsOn();
  });

  test.each([
    ['bytes', 'result', 'job-unsendable', 'a bytes cannot be sent'],
    ['set', 'event', 'job-unsendable', 'a set cannot be sent'],
    ['key', 'result', 'job-unsendable', 'keys must be'],
    ['huge', 'result', 'message-too-large', 'a message of 95 Mi characters'],
  ])('that sends %s in its %s is told so', async (value, where, code, words) => {
    const error = (await thrown(start('unsendable', { value, where }).result)) as JobError;
    expect(error).toMatchObject({ code, side: 'python', remedy: expect.stringContaining('file') });
    expect(error.message).toContain(words);
    if (where === 'event') expect(error.traceback).toContain('in do_unsendable');
  });

  test('that cannot import what it needs is told what to run', async () => {
    expect(await thrown(start('import').result)).toMatchObject({
      code: 'python-package-broken',
      remedy: expect.stringContaining(`${medgr2} setup`),
    });
    await runsOn();
  });
});

test.each([
  ['RuntimeError', 'CUDA error: no kernel image is available', 'cuda-failed'],
  ['AcceleratorError', 'an illegal memory access', 'cuda-failed'],
  ['ImportError', 'libcudnn.so.9: cannot open shared object file: No such file or directory', 'cuda-library-missing'],
  ['OSError', 'libcublas.so.12: undefined symbol: cublasLtGetVersion', 'cuda-library-missing'],
  ['RuntimeError', 'Unable to load any of {libcudnn_cnn.so.9.1.0, libcudnn_cnn.so}', 'cuda-library-missing'],
  ['ImportError', 'libcuda.so.1: cannot open shared object file', 'cuda-unavailable'],
  ['ImportError', 'libGL.so.1: cannot open shared object file', 'python-package-broken'],
  ['RuntimeError', 'CUDA out of memory. Tried to allocate 2 GiB', 'out-of-memory'],
  ['OutOfMemoryError', 'no words', 'out-of-memory'],
  ['RuntimeError', 'sizes do not match', 'job-failed'],
])('what torch raises as %s (%s) is %s', (type, message, code) => {
  expect(meaningOf({ type, message, traceback: '', where: null }, 'log').code).toBe(code);
});

test('a message that is too large is refused before it is sent', async () => {
  const error = await thrown(start('echo', { text: 'x'.repeat(70 * 1024 * 1024) }).result);
  expect(error).toMatchObject({ name: 'JobError', code: 'message-too-large', side: 'typescript' });
  expect(await thrown(start('echo', { big: 1n }).result)).toMatchObject({ code: 'job-not-started' });
  await runsOn();
});

describe('a reward', () => {
  const samples = [0, 1, 2].map((index) => makeSample({ id: `s${index}` }));
  const judge = (score: () => unknown) =>
    answerRewards([defineReward({ name: 'brief', timeoutMs: 200, score: score as () => number[] })], samples);

  test.each([
    ['throws', () => JSON.parse('{'), 'reward-threw', 'Reward "brief" failed'],
    ['never resolves', () => new Promise(() => {}), 'reward-timeout', 'brief'],
    ['returns too few values', () => [1], 'reward-count', '1 values for 3'],
    ['returns what is not finite', () => [1, Number.NaN, 1], 'reward-not-finite', 'sample s1'],
  ])('that %s ends the job with an error that names it', async (_, score, code, words) => {
    const error = (await thrown(start('ask', {}, { rewards: judge(score) }).result)) as JobError;
    expect(error).toMatchObject({ name: 'JobError', code: 'reward-failed', side: 'typescript' });
    expect(error.cause).toBeInstanceOf(RewardError);
    expect((error.cause as RewardError).code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.remedy).toBe((error.cause as RewardError).remedy);
  });

  test('that failed leaves the engine able', runsOn);
});

describe('the supervisor', () => {
  test('killed in the middle of a job is started again by the next one', async () => {
    const pid = engine.pid;
    const job = start('deaf');
    const pids: number[] = [];
    for await (const event of job.events) {
      if (event.type !== 'progress') continue;
      pids.push(event.done, event.total);
      const echo = engine.echo('?');
      process.kill(pid, 'SIGKILL');
      expect(await thrown(echo)).toMatchObject({ name: 'BridgeError', code: 'python-died', side: 'system' });
    }
    const error = (await thrown(job.result)) as JobError;
    expect(error).toMatchObject({ name: 'JobError', code: 'python-died', jobId: job.id });
    expect(error.cause).toBeInstanceOf(BridgeError);
    expect(error.message).toContain('SIGKILL');
    await expectGone([pid, ...pids]);
    await runsOn();
    expect(engine.pid).not.toBe(pid);
    expect((await engine.status()).pid).toBe(engine.pid);
  });

  test('that does not answer is ended and started again', async () => {
    const options = { preload: false, pythonPath: [fixtures], logDir: folder, callTimeoutMs: 6000 };
    const other = await openEngine(options);
    const { pid } = other;
    const job = other.startModule('bridge_jobs', { do: 'wait' });
    for await (const event of job.events) {
      if (event.type !== 'progress') continue;
      process.kill(pid, 'SIGSTOP');
      expect(await thrown(other.echo('?'))).toMatchObject({ name: 'BridgeError', code: 'python-silent' });
    }
    expect(await thrown(job.result)).toMatchObject({ name: 'JobError', code: 'python-silent' });
    await expectGone([pid, job.pid ?? 0]);
    expect(await other.echo('again')).toBe('again');
    await other.close();
  });

  test('closed with the engine takes its jobs along', async () => {
    const other = await openEngine({ preload: false, pythonPath: [fixtures], logDir: folder });
    const job = other.startModule('bridge_jobs', { do: 'deaf' });
    let pids: number[] = [];
    for await (const event of job.events) {
      if (event.type !== 'progress') continue;
      pids = [other.pid, event.done, event.total];
      await other.close();
    }
    expect(await thrown(job.result)).toMatchObject({ name: 'JobError', code: 'engine-closed', side: 'typescript' });
    expect(await thrown(other.echo('?'))).toMatchObject({ name: 'BridgeError', code: 'engine-closed' });
    await expectGone(pids);
  });
});

describe('a Python that', () => {
  const open = (python: string): Promise<unknown> => thrown(openEngine({ python, logDir: folder }));

  test('is not there', async () => {
    const error = await open('/no/such/python');
    expect(error).toMatchObject({ code: 'python-missing', remedy: expect.stringContaining(`${medgr2} setup`) });
  });

  test('does not run', async () => {
    expect(await open('/bin/false')).toMatchObject({ code: 'python-missing', tried: 'start Python' });
  });

  test('is too old', async () => {
    const old = path.join(folder, 'python3.9');
    // What an old one does with newer syntax, and how it says its version.
    await writeFile(
      old,
      '#!/bin/sh\ncase " $* " in *" -c "*) echo 3 9;; *) echo "SyntaxError: invalid syntax" >&2; exit 1;; esac\n',
    );
    await chmod(old, 0o755);
    expect(await open(old)).toMatchObject({ code: 'python-version', message: expect.stringContaining('3.9') });
  });

  test('lacks a package', async () => {
    await execa(findPython(), ['-m', 'venv', '--without-pip', path.join(folder, 'bare')]);
    expect(await open(path.join(folder, 'bare/bin/python'))).toMatchObject({
      code: 'python-package-missing',
      message: expect.stringContaining('jsonschema'),
      remedy: expect.stringContaining(`${medgr2} setup`),
    });
  });
});
