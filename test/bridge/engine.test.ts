/** The bridge with the real Python: jobs of the tests' own, without torch. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine, type Engine } from '../../src/bridge/jobs/open-engine.js';
import type { JobEvent } from '../../src/bridge/contract/contract.js';
import { expectGone } from './helpers/processes.js';
import { ConfigError, JobError, RewardError } from '../../src/errors.js';

const fixtures = path.join(import.meta.dirname, 'fixtures');
let logDir: string;
let engine: Engine;

beforeAll(async () => {
  logDir = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  engine = await openEngine({ preload: false, pythonPath: [fixtures], logDir });
});
afterAll(async () => {
  await engine.close();
  await rm(logDir, { recursive: true });
});

const start = (what: string, more: object = {}, hooks: Parameters<Engine['startModule']>[2] = {}) =>
  engine.startModule('bridge_jobs', { do: what, ...more }, hooks);

async function failure(promise: Promise<unknown>): Promise<JobError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JobError);
  return error as JobError;
}

async function collect(events: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const all: JobEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('a job', () => {
  test('gets its spec as it was and returns its result', async () => {
    const tricky = { text: 'é\u2028"\n', ffid: 3, r: 1, nested: { ffid: '', c: 'jsi' }, big: 'x'.repeat(300_000) };
    const result = await start('echo', { tricky }).result;
    expect(result['spec']).toEqual({ do: 'echo', tricky });
    expect(result['stdin']).toBe('');
  });

  test('runs in a process of its own', async () => {
    const [one, two] = await Promise.all([start('echo').result, start('echo').result]);
    expect(new Set([one['pid'], two['pid'], engine.pid]).size).toBe(3);
  });

  test('tells its events in order, to a callback and to any number of readers', async () => {
    const heard: JobEvent[] = [];
    const job = start('count', { total: 500 }, { onEvent: (event) => heard.push(event) });
    const [first, second] = await Promise.all([collect(job.events), collect(job.events)]);
    const late = await collect(job.events);
    expect(first.map((event) => event.type === 'progress' && event.done)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
    expect([second, late, heard]).toEqual([first, first, first]);
  });

  test('has NaN and Infinity made null, in events and results', async () => {
    const job = start('nan');
    expect(await collect(job.events)).toEqual([
      expect.objectContaining({ loss: null, gradNorm: null, stepSeconds: null }),
    ]);
    expect(await job.result).toEqual({ nan: null, list: [1, null], key: { ffid: 7 } });
  });

  test('sends floods without a newline to its log and nowhere else', async () => {
    const job = start('flood');
    await job.result;
    expect((await stat(job.logPath)).size).toBe(4_000_000);
    expect((await stat(path.join(logDir, 'supervisor.log'))).size).toBe(0);
  });

  test('is over although a thread of it is not', async () => {
    expect(await start('linger').result).toEqual({ ended: true });
  });
});

describe('rewards', () => {
  const reply = { scores: { format: [1, 0, null] } };

  test('are asked and answered', async () => {
    const job = start(
      'ask',
      {},
      {
        rewards: (ask) => {
          expect(ask.items[2]).toEqual({ id: 's2', completion: 'x', rewardModelScore: null });
          return { ...reply, milliseconds: { format: 2 } };
        },
      },
    );
    expect(await job.result).toEqual({ reply });
    expect(await Array.fromAsync(job.events)).toContainEqual({
      type: 'rewards',
      step: expect.any(Number),
      rewards: { format: { mean: 0.5, std: 0.5, applied: 2, milliseconds: 2 } },
    });
  });

  test('that throw end the job and are its cause', async () => {
    const job = start('ask', {}, { rewards: () => Promise.reject(new Error('no idea')) });
    const error = await failure(job.result);
    expect(error.code).toBe('reward-failed');
    expect(error.cause).toBeInstanceOf(RewardError);
    expect(error.message).toContain('no idea');
  });

  test.each([
    ['too few', { scores: { format: [1] } }, '1 values for 3'],
    ['not finite', { scores: { format: [1, Number.NaN, 0] } }, '`format`'],
    ['nothing', undefined, 'cannot be used'],
  ])('that are %s are refused', async (_, bad, words) => {
    const error = await failure(start('ask', {}, { rewards: () => bad as typeof reply }).result);
    expect(error.message).toContain(words);
  });

  test('are missed when there are none', async () => {
    const error = await failure(start('ask').result);
    expect((error.cause as RewardError).code).toBe('rewards-missing');
  });
});

describe('a job that fails', () => {
  test('tells the Python error, its traceback and the end of its log', async () => {
    const error = await failure(start('raise').result);
    expect(error.code).toBe('job-failed');
    expect(error.message).toContain('KeyError without a message');
    expect(error.traceback).toContain('in do_raise');
    expect(error.where).toMatch(/bridge_jobs\.py:\d+ in do_raise$/);
    expect(error.logTail).toContain('about to fail');
  });

  test('by an event that is not of the contract, where it was made', async () => {
    const error = await failure(start('bad_event').result);
    expect(error.code).toBe('job-contract');
    expect(error.message).toContain("`progress`.done: 'many' is not of type 'integer'");
    expect(error.traceback).toContain('in do_bad_event');
  });

  test('by leaving without a word', async () => {
    expect((await failure(start('exit').result)).message).toContain('SystemExit');
  });

  test.each(['SIGKILL', 'SIGSEGV'])('by %s, and the next one runs', async (signal) => {
    const error = await failure(start('signal', { signal }).result);
    expect(error.code).toBe('job-killed');
    expect(error.message).toContain(signal);
    expect(error.remedy).toContain(signal === 'SIGKILL' ? 'memory' : 'crashed');
    expect(error.logTail).toContain('last words');
    expect(await start('count', { total: 1 }).result).toEqual({ done: 1 });
  });

  test('by a callback that throws', async () => {
    const job = start(
      'wait',
      {},
      {
        onEvent: () => {
          throw new Error('in the callback');
        },
      },
    );
    const error = await failure(job.result);
    expect([error.code, (error.cause as Error).message]).toEqual(['event-handler-failed', 'in the callback']);
  });

  test('by a module that is not there', async () => {
    const error = await failure(engine.startModule('no_such_module', {}).result);
    expect(error.code).toBe('python-package-missing');
  });
});

describe('a spec', () => {
  test('that is wrong is refused before Python hears of it', () => {
    const spec = { outDir: 'x', seed: 0.5, model: { path: 'm' }, data: 'd', batchsize: 3 };
    expect(() => engine.start({ kind: 'score', ...spec })).toThrow(ConfigError);
    expect(() => engine.start({ kind: 'score', ...spec })).toThrow(/batchsize[\s\S]*seed|seed[\s\S]*batchsize/);
  });

  test('with a TRL option that is unknown, of the wrong type, medgr2’s own, or at odds with another likewise', () => {
    const spec = { outDir: 'x', seed: 1, model: { path: 'm' }, data: 'd' };
    // @ts-expect-error a misspelled option
    expect(() => engine.start({ kind: 'sft', ...spec, trl: { max_step: 3 } })).toThrow(/max_step/);
    // @ts-expect-error text for a number
    expect(() => engine.start({ kind: 'sft', ...spec, trl: { max_steps: 'all' } })).toThrow(/trl\.max_steps/);
    // @ts-expect-error an option that medgr2 decides
    expect(() => engine.start({ kind: 'sft', ...spec, trl: { push_to_hub: true } })).toThrow(
      /trl\.push_to_hub: .*nothing is sent/,
    );
    const rewards = [{ name: 'a', weight: 1 }];
    expect(() => engine.start({ kind: 'grpo', ...spec, rewards, trl: { num_generations: 3 } })).toThrow(
      /3 must divide/,
    );
  });
});

describe('cancelling', () => {
  test('lets the job save a checkpoint', async () => {
    const job = start('wait');
    for await (const event of job.events) if (event.type === 'progress') void job.cancel();
    expect((await failure(job.result)).code).toBe('job-cancelled');
    expect((await collect(job.events)).at(-1)).toMatchObject({ type: 'checkpoint' });
  });

  test('ends a job that does not listen, with what it started', async () => {
    const job = start('deaf');
    for await (const event of job.events) {
      if (event.type !== 'progress') continue;
      await job.cancel({ grace: 0 });
      await expectGone([event.done, event.total]);
    }
    expect((await failure(job.result)).code).toBe('job-cancelled');
  });

  test('sends SIGTERM after the grace', async () => {
    const job = start('terminated');
    for await (const event of job.events) if (event.type === 'progress') void job.cancel({ grace: 50 });
    expect((await failure(job.result)).code).toBe('job-cancelled');
    expect(await readFile(job.logPath, 'utf8')).toContain('heard SIGTERM');
  });

  test('comes from an AbortSignal too, which is then the cause', async () => {
    const controller = new AbortController();
    const job = start('wait', {}, { signal: controller.signal, onEvent: () => controller.abort('enough') });
    expect(await failure(job.result)).toMatchObject({ code: 'job-cancelled', cause: 'enough' });
    expect(await failure(start('echo', {}, { signal: controller.signal }).result)).toMatchObject({
      code: 'job-cancelled',
    });
  });

  test('ends the wait for a reward that never comes', async () => {
    let aborted = false;
    const job = start(
      'ask',
      {},
      {
        rewards: (_, signal) => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          void job.cancel();
          return new Promise(() => {});
        },
      },
    );
    expect((await failure(job.result)).code).toBe('job-cancelled');
    expect(aborted).toBe(true);
  });
});
