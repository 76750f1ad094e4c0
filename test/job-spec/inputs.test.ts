/** What a script gives becomes samples and rows, or an error that names what is wrong. And what does not compile. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import type { Engine, JobEvent, Sample } from '../../src/index.js';
import { toSamples } from '../../src/public/data.js';
import { defineReward } from '../../src/public/rewards.js';
import { completeRows, rewardModelRows, scoreRows, sftRows } from '../../src/job-spec/rows/script-rows.js';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  image = path.join(folder, 'a.png');
  await writeFile(image, 'pixels');
});
afterAll(() => rm(folder, { recursive: true }));

describe('toSamples', () => {
  test('fills in what is left out', async () => {
    const [sample] = await toSamples([{ image: path.relative('.', image), question: 'Which?', answer: 'CT' }]);
    expect(sample).toMatchObject({ id: '1', image, options: [], rationale: '', provenance: { provider: 'seed' } });
    expect(sample?.imageHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('names the sample that cannot be used', async () => {
    const good = { image, question: 'Which?', answer: 'CT' };
    const missing = { ...good, image: 'none.png' };
    await expect(toSamples([good, missing])).rejects.toMatchObject({ code: 'sample-invalid', where: 'sample 2' });
    await expect(toSamples([{ ...good, options: ['MRI'] }])).rejects.toThrow('"CT", which is no option');
    await expect(toSamples([{ ...good, id: '2' }, good])).rejects.toThrow('the id 2, which another has too');
    await expect(toSamples([{ ...good, question: '' }])).rejects.toThrow('question');
  });
});

describe('rows', () => {
  const asked = { image: '/a.png', question: 'Which?', options: ['CT', 'MRI'] };
  const own = { image: '/a.png', prompt: 'Say it' };

  test('are rendered from questions, or taken word for word', () => {
    const prompt = 'Which?\nA) CT\nB) MRI';
    const row = { id: '1', image: '/a.png', prompt };
    expect(
      sftRows(
        [
          { ...asked, answer: 'CT' },
          { ...own, completion: 'CT' },
        ],
        'none',
      ),
    ).toEqual([
      { ...row, completion: '<answer>CT</answer>' },
      { id: '2', ...own, completion: 'CT' },
    ]);
    expect(completeRows([asked, own], 'none')).toEqual([row, { id: '2', ...own }]);
    expect(completeRows([asked], 'think')[0]?.prompt).toContain('<think>');
    expect(
      scoreRows(
        [
          { ...asked, response: 'CT' },
          { ...asked, answer: 'CT', rationale: 'Bone.' },
        ],
        'none',
      ),
    ).toEqual([
      { ...row, response: 'CT' },
      { ...row, id: '2', response: '<think>Bone.</think><answer>CT</answer>' },
    ]);
    expect(rewardModelRows([{ ...asked, response: 'CT', grade: 10 }], 'none')).toEqual([
      { ...row, response: 'CT', grade: 10, pair: null, chosen: null },
    ]);
  });

  test('have ids of their own', () => {
    expect(() => completeRows([{ ...own, id: '2' }, own], 'none')).toThrow('the id 2');
  });
});

/** Never run: it compiles, or it does not. */
async function use(engine: Engine, samples: Sample[]): Promise<string> {
  const common = { model: 'phantom', data: samples, outDir: 'out' };
  const reward = defineReward({ name: 'brief', score: (batch) => batch.map(() => 1) });
  const job = engine.grpo({ ...common, rewards: [reward], trl: { max_steps: 3, num_generations: 4 } });
  expectTypeOf((await job.result).checkpoint).toBeString();
  const scored = await engine.score(common);
  expectTypeOf(scored.scores).toEqualTypeOf<readonly (number | null)[]>();
  expectTypeOf(scored.path).toBeString();
  engine.grpo({ ...common, data: 'rows.parquet', samples, rewards: [reward] });

  // @ts-expect-error a TRL option that there is none of
  engine.sft({ ...common, trl: { max_step: 3 } });
  // @ts-expect-error a TRL option of another type
  engine.sft({ ...common, trl: { max_steps: '3' } });
  // @ts-expect-error a TRL option of the other trainer
  engine.sft({ ...common, trl: { num_generations: 4 } });
  // @ts-expect-error a TRL option that medgr2 decides
  engine.grpo({ ...common, rewards: [reward], trl: { output_dir: 'elsewhere' } });
  // @ts-expect-error text for a score
  defineReward({ name: 'wordy', score: (batch) => batch.map(({ completion }) => completion) });
  // @ts-expect-error one score for all
  defineReward({ name: 'single', score: () => 1 });
  // @ts-expect-error undefined for a score
  defineReward({ name: 'holes', score: async (batch) => batch.map(() => undefined) });
  // @ts-expect-error names in place of rewards
  engine.grpo({ ...common, rewards: [{ name: 'brief', weight: 1 }] });
  // @ts-expect-error rows in a file without the samples that rewards are given
  engine.grpo({ ...common, data: 'rows.parquet', rewards: [reward] });
  // @ts-expect-error a sample without an answer
  engine.sft({ ...common, data: [{ image: 'a.png', question: 'Which?' }] });
  // @ts-expect-error a misspelled field
  engine.score({ ...common, batchsize: 3 });
  // @ts-expect-error a field that is missing
  engine.complete(common);
  for await (const event of job.events) handled(event);
  return 'compiles';
}

function handled(event: JobEvent): string {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- one is missing on purpose
  switch (event.type) {
    case 'job-start':
    case 'train-step':
    case 'completions':
    case 'rewards':
    case 'progress':
    case 'scores':
    case 'checkpoint':
    case 'memory':
      return event.type;
    default:
      // @ts-expect-error `warning` is not handled
      event satisfies never;
      return event.message;
  }
}

test('the public API is typed', () => {
  expectTypeOf(use).returns.resolves.toBeString();
  expect(handled({ type: 'warning', message: 'told' })).toBe('told');
});
