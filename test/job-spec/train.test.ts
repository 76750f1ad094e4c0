/** Real training from a script: samples in, rewards as a list, cancelled in the middle of a GRPO step and gone on with. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine, type Engine, type JobEvent, type JobError, type Sample } from '../../src/index.js';
import { phantomSamples } from '../../src/public/data.js';
import { answerMatch, defineReward } from '../../src/public/rewards.js';

let folder: string;
let engine: Engine;
let samples: Sample[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  engine = await openEngine({ logDir: path.join(folder, 'logs') });
  samples = await phantomSamples({ dir: folder, count: 12 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const place = (name: string) => ({ outDir: path.join(folder, name), device: 'cpu', threads: 1 }) as const;

test('SFT and then GRPO, from samples', { timeout: 900_000 }, async () => {
  const trl = { max_steps: 1, per_device_train_batch_size: 4, report_to: 'none' };
  // @ts-expect-error report_to is medgr2's own
  expect(() => engine.sft({ model: 'phantom', data: samples, trl, ...place('sft') })).toThrow(/report_to/);
  const sft = await engine.sft({
    model: 'phantom',
    data: samples,
    trl: { max_steps: 1, per_device_train_batch_size: 4 },
    ...place('sft'),
  }).result;

  let batches = 0;
  const brief = defineReward({
    name: 'brief',
    weight: 0.1,
    score: (batch) => {
      batches += 1;
      if (batches === 2) void job.cancel();
      return batch.map(({ completion, sample }) => sample.answer.length / (1 + completion.length));
    },
  });
  const spec = {
    model: sft.checkpoint,
    data: samples,
    rewards: [answerMatch(), brief],
    trl: {
      max_steps: 2,
      per_device_train_batch_size: 4,
      num_generations: 2,
      max_completion_length: 8,
      logging_steps: 1,
    },
    ...place('grpo'),
  };
  const job = engine.grpo(spec);
  const cut = await job.result.catch((error: unknown) => error as JobError);
  expect(cut).toMatchObject({ name: 'JobError', code: 'job-cancelled', jobId: job.id });
  expect(await Array.fromAsync(job.events)).toContainEqual(expect.objectContaining({ type: 'checkpoint', step: 1 }));

  const again = engine.grpo(spec);
  const result = await again.result;
  expect(result).toMatchObject({ kind: 'grpo', steps: 2, history: [{ step: 2 }] });
  expect(result.completions.map(({ step }) => step)).toEqual([1, 1]); // drawn after one step
  const events: JobEvent[] = await Array.fromAsync(again.events);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'job-start', resumedFrom: expect.stringMatching(/checkpoint-1$/) }),
  );
  const rewards = events.find((event) => event.type === 'rewards')?.rewards;
  expect(Object.keys(rewards ?? {})).toEqual(['answerMatch', 'brief']);
  expect(rewards?.['brief']).toMatchObject({ applied: 4, mean: expect.any(Number), milliseconds: expect.any(Number) });
  expect(existsSync(result.checkpoint)).toBe(true);
});

test('completions of questions in the caller’s own words', { timeout: 600_000 }, async () => {
  const data = samples.slice(0, 2).map(({ image }) => ({ image, prompt: 'What is shown?' }));
  const job = engine.complete({ model: 'phantom', data, maxNewTokens: 4, ...place('complete') });
  const completions = await Array.fromAsync((await job).completions);
  expect(completions.map(({ id, text }) => [id, typeof text])).toEqual([
    ['1', 'string'],
    ['2', 'string'],
  ]);
});

test.skipIf(existsSync('/dev/nvidiactl'))(
  'CUDA that is not there is told with its remedy',
  { timeout: 600_000 },
  async () => {
    const data = [{ image: samples[0]?.image ?? '', prompt: 'What is shown?' }];
    const job = engine.complete({ model: 'phantom', data, maxNewTokens: 4, ...place('cuda'), device: 'cuda' });
    const error = await job.result.catch((thrown: unknown) => thrown as JobError);
    expect(error).toMatchObject({ code: 'cuda-unavailable', remedy: expect.stringContaining('nvidia-smi') });
  },
);
