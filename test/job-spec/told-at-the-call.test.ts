/** What cannot work is told when a job is asked for, not after a model was loaded; what a job is for its caller. Python hears of none of it. */
import { expect, test, vi } from 'vitest';
import { openEngine, parseConfig, runLoop, runRecipe, type GrpoSpec, type JobEvent } from '../../src/index.js';
import { RunningJob } from '../../src/bridge/jobs/running-job.js';
import type { SupervisorClient } from '../../src/bridge/process/supervisor-calls.js';
import { LocalEngine } from '../../src/bridge/jobs/local-engine.js';
import type { ConnectionOptions } from '../../src/bridge/process/supervisor-connection.js';
import { withJobs } from '../../src/job-spec/script-engine.js';
import { answerMatch, defineReward } from '../../src/public/rewards.js';

/** An engine that has no Python to start. */
const engine = withJobs(new LocalEngine({} as ConnectionOptions, '/nowhere', 'kept'));
const place = { model: 'phantom', outDir: '/nowhere', data: [{ image: 'a.png', question: 'Which?', answer: 'CT' }] };
const grpo = (spec: Partial<GrpoSpec>): unknown =>
  engine.grpo({ ...place, rewards: [answerMatch()], ...spec } as GrpoSpec);
const untyped = (trl: object): Partial<GrpoSpec> => ({ trl });

test('rewards of one name, a misspelt loss, negative rates, options that are none', () => {
  const other = defineReward({ name: 'answerMatch', score: (batch) => batch.map(() => 0) });
  expect(() => grpo({ rewards: [answerMatch(), other] })).toThrow('Two rewards are named "answerMatch".');
  expect(() => grpo({ rewards: [{ ...other, weight: Number.NaN }] })).toThrow('has the weight NaN');
  expect(() => grpo({ trl: { loss_type: 'dr-grpo' } })).toThrow(/trl\.loss_type: dr-grpo is none of .*mean dr_grpo\?/);
  expect(() => grpo({ trl: { learning_rate: -1e-5 } })).toThrow('trl.learning_rate: -0.00001 cannot be used');
  expect(() => grpo(untyped({ learning_rte: 1e-5 }))).toThrow(
    'trl.learning_rte: unknown key; did you mean learning_rate?',
  );
  expect(() => engine.sft({ ...place, trl: { loss_type: 'grpo' } })).toThrow('grpo is none of nll, dft, chunked_nll');
});

test('what plain JavaScript may give in place of a spec, its fields and options', () => {
  const wrong = (call: () => unknown, ...said: string[]): void => {
    for (const text of said) expect(call).toThrow(text);
  };
  const any = (value: unknown) => value as never;
  wrong(() => engine.sft(any(undefined)), 'The sft job', 'expected an object: { model, data, outDir, … }');
  wrong(() => engine.sft(any({ data: 3 })), 'model: missing', 'outDir: missing', 'data: expected a list of samples');
  wrong(() => engine.score(any({ ...place, data: Promise.resolve([]) })), 'found a promise: await it');
  wrong(() => engine.merge(any({ model: 'phantom' })), 'outDir: missing');
  wrong(() => grpo(any({ rewards: undefined })), 'rewards: missing; expected a list');
  wrong(() => grpo(any({ rewards: answerMatch() })), 'rewards: expected a list');
  wrong(() => grpo(any({ rewards: [() => [0]] })), 'The reward "1" is a function: make it one by defineReward');
  wrong(() => defineReward(any({ score: () => [] })), 'The reward "undefined" is no name');
  wrong(() => defineReward(any({ name: 'w', weight: '1', score: () => [] })), 'has the weight "1", which is no number');
  wrong(() => engine.sft(place, any({ signal: 'x' })), 'signal: expected an AbortSignal, found "x"');
  wrong(() => engine.sft(place, any({ onevent: () => {} })), 'onevent: unknown option; did you mean onEvent?');
  wrong(() => engine.complete({ ...place, maxNewTokens: 4, samples: 4 }), 'several samples of a row are the same');
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['openEngine', () => openEngine({ logdir: 'x' } as never), /logdir: unknown option; did you mean logDir\?/],
  ['a file in place of a configuration', () => runLoop('mine.yaml' as never, { runDir: 'r' }), /as loadConfig\(file\)/],
  ['one that was not read', () => runRecipe({ cycles: 1 } as never, { runDir: 'r' }), /as loadConfig\(file\)/],
  [
    'no options',
    () => runLoop(parseConfig('cycles: 1', { file: 'x' }), undefined as never),
    /expected an object of opt/,
  ],
  ['no folder', () => runLoop(parseConfig('cycles: 1', { file: 'x' }), {} as never), /runDir: missing/],
])('%s: refused before anything starts', async (_, call, said) => {
  await expect(call()).rejects.toMatchObject({ code: 'call-options', message: expect.stringMatching(said) });
});

/** A job whose Python is this test. */
function ownJob(hooks: ConstructorParameters<typeof RunningJob<{ done: true }>>[0]['hooks'] = {}) {
  const cancelled = vi.fn<() => Promise<void>>(async () => {});
  const client = { start: async () => {}, cancel: cancelled } as unknown as SupervisorClient;
  const setup = { id: 'sft-1', label: 'sft job', logPath: '/nowhere/log', spec: {}, module: null, rewardNames: null };
  const readResult = () => ({ done: true }) as const;
  const job = new RunningJob<{ done: true }>({ ...setup, readResult, hooks }, async () => client);
  const tell = (event: JobEvent): void => job.receive({ type: 'event', event });
  return { job, tell, cancelled, end: () => job.receive({ type: 'end', ending: { type: 'done', result: {} } }) };
}

test('a job is awaited as its result is, and tells one kind of event', async () => {
  const { job, tell, end } = ownJob();
  const steps: number[] = [];
  job.on('checkpoint', ({ step }) => steps.push(step)).on('progress', ({ done }) => steps.push(-done));
  tell({ type: 'checkpoint', step: 5, path: 'a' });
  tell({ type: 'progress', done: 1, total: 2 });
  tell({ type: 'warning', message: 'nothing' });
  setTimeout(end, 1);
  expect(await job).toEqual({ done: true });
  expect(steps).toEqual([5, -1]);
});

test('a handler that rejects ends its job with the reason, and not Node', async () => {
  const { job, tell, end, cancelled } = ownJob({
    onEvent: async () => {
      throw new Error('the watcher fell asleep');
    },
  });
  await new Promise(setImmediate); // it is at work
  tell({ type: 'warning', message: 'nothing' });
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalled());
  end();
  await expect(job.result).rejects.toMatchObject({ code: 'event-handler-failed', cause: { message: /asleep/ } });
});
