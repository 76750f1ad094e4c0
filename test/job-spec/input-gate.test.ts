/** One gate for all jobs: what GRPO refuses, no other job learns, scores or answers. Names the row and the field. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine as BridgeEngine } from '../../src/bridge/jobs/open-engine.js';
import type { JobHooks } from '../../src/bridge/jobs/running-job.js';
import { sftCommand, type StageFlags } from '../../src/cli/commands/stage-command.js';
import { readParquet, writeParquet } from '../../src/dataset/tables/table.js';
import { ConfigError, DataError } from '../../src/errors.js';
import { answerMatch } from '../../src/reward/ready-made-rewards.js';
import { withJobs, type Engine } from '../../src/job-spec/script-engine.js';
import type { RowKind } from '../../src/job-spec/checks/input-gate.js';
import { makeSample } from '../helpers/sample.js';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  image = path.join(folder, 'a.png');
  await writeFile(image, 'pixels');
});
afterAll(() => rm(folder, { recursive: true }));

/** An engine whose Python is never asked: what it would be sent, and what is done before. */
function recording() {
  const started: { spec: object; hooks: JobHooks }[] = [];
  const job = { on: () => job, result: new Promise(() => {}) };
  const bridge = {
    start: (spec: object, hooks: JobHooks) => {
      started.push({ spec, hooks });
      return job;
    },
  };
  return { engine: withJobs(bridge as unknown as BridgeEngine), started };
}

type Row = Record<string, unknown>;
const jobs: Record<RowKind, (engine: Engine, data: unknown, samples?: unknown) => unknown> = {
  sft: (engine, data) => engine.sft(common(data)),
  grpo: (engine, data, samples) =>
    engine.grpo({
      ...common(data),
      rewards: [answerMatch()],
      trl: { num_generations: 2, per_device_train_batch_size: 2 },
      samples: samples as never,
    }),
  'reward-model': (engine, data) =>
    engine.trainRewardModel({ ...common(data), steps: 1, batchSize: 1, learningRate: 1e-5 }),
  score: (engine, data) => engine.score(common(data)),
  complete: (engine, data) => engine.complete({ ...common(data), maxNewTokens: 8 }),
  evaluate: (engine, data) => engine.evaluate({ ...common(data), maxNewTokens: 8 }),
};
const common = (data: unknown) => ({ model: 'phantom', outDir: path.join(folder, 'out'), data: data as never });

const good: Row = { image: '', question: 'Which?', options: ['CT', 'MRI'], answer: 'CT' };
const graded: Row = { response: 'CT', grade: 6 };
const sampleOf = (kind: RowKind): Row => ({ ...good, image, ...(kind === 'reward-model' ? graded : {}) });
const ownOf: Partial<Record<RowKind, Row>> = {
  sft: { prompt: 'Say', completion: 'CT' },
  'reward-model': { prompt: 'Say', ...graded },
  score: { prompt: 'Say', response: 'CT' },
  complete: { prompt: 'Say' },
  evaluate: { prompt: 'Say', responses: ['CT', 'MRI'] },
};
const kinds = Object.keys(jobs) as RowKind[];

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}

/** Each fault with the words that must name it. */
const faults: [string, Row, RegExp, RowKind[]?][] = [
  ['a missing question', { question: undefined }, /question is missing/],
  ['an empty question', { question: '  ' }, /question is empty/],
  ['a question that a template lost', { question: 'undefined' }, /question says "undefined"/],
  ['an answer that is none of the options', { answer: 'PET' }, /the answer "PET", which is no option/],
  ['a missing answer', { answer: undefined }, /answer is missing/, ['sft', 'grpo', 'score']],
  ['an answer that a template lost', { options: [], answer: 'undefined' }, /answer says "undefined"/],
  ['an answer of tags', { options: [], answer: '<answer>CT</answer>' }, /answer holds tags/],
  ['a misspelt field', { anwser: 'CT' }, /anwser is no field of it \(answer is meant\?\)/],
  ['an empty option', { options: ['CT', ''] }, /options\.1 is empty/],
  ['an option twice', { options: ['CT', 'CT'] }, /options has twice the same: A and B, "CT"/],
  ['an option twice but for case', { options: ['CT', 'MRI', 'ct'] }, /options has twice the same: A and C, "ct"/],
  ['options in one text', { options: 'CT, MRI' }, /options is wrong/],
  ['an image that is no text', { image: 7 }, /image is wrong/],
  ['a grade that is no number', { grade: Number.NaN }, /grade is wrong/, ['reward-model']],
  ['a grade beyond the scale', { grade: 100 }, /grade/, ['reward-model']],
  ['a missing grade', { grade: undefined }, /grade is missing/, ['reward-model']],
  ['an empty response', { response: '' }, /response is empty/, ['reward-model', 'score']],
];

const ownFaults: [string, Row, RegExp, RowKind[]?][] = [
  ['an empty prompt', { prompt: ' ' }, /prompt is empty/],
  ['an undefined prompt', { prompt: undefined }, /prompt is missing/],
  ['a question beside it', { question: 'Which?' }, /question is no field/],
  ['an undefined completion', { completion: undefined }, /completion is missing/, ['sft']],
  [
    'a completion that says undefined',
    { completion: '<think>x</think><answer>undefined</answer>' },
    /says nothing/,
    ['sft'],
  ],
  ['an empty response', { response: '' }, /response is empty/, ['reward-model', 'score']],
  ['an empty one of the responses', { responses: ['CT', ''] }, /responses\.1 is empty/, ['evaluate']],
  ['a grade of null without a pair', { grade: null }, /neither a grade nor a pair/, ['reward-model']],
  ['a pair without a choice', { pair: 'p' }, /pair and chosen go together/, ['reward-model']],
];

describe.each(kinds)('a %s job', (kind) => {
  test.each(faults)('refuses %s', (_what, change, words, only = kinds) => {
    if (!only.includes(kind)) return;
    const { engine, started } = recording();
    const rows = [sampleOf(kind), { ...sampleOf(kind), id: 'q-17', ...change }];
    const error = thrown(() => jobs[kind](engine, rows));
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code: 'sample-invalid', where: 'sample 2' });
    expect((error as DataError).message).toContain('Sample 2 (id q-17)');
    expect((error as DataError).message).toMatch(words);
    expect(started).toEqual([]);
  });

  test.each(ownFaults)('refuses %s in words of one’s own', (_what, change, words, only = kinds) => {
    const row = ownOf[kind];
    if (row === undefined || !only.includes(kind)) return;
    const { engine, started } = recording();
    const error = thrown(() =>
      jobs[kind](engine, [
        { image, ...row },
        { image, ...row, ...change },
      ]),
    );
    expect(error).toMatchObject({
      code: 'row-invalid',
      where: 'row 2',
      message: expect.stringMatching(words) as string,
    });
    expect(started).toEqual([]);
  });

  test('refuses an id that stands twice, no rows at all, and what is no row', () => {
    const { engine } = recording();
    const repeated = [{ ...sampleOf(kind), id: '2' }, sampleOf(kind)];
    expect(thrown(() => jobs[kind](engine, repeated))).toBeInstanceOf(ConfigError);
    expect(thrown(() => jobs[kind](engine, []))).toBeInstanceOf(ConfigError);
    for (const none of [null, 'row', 7, []]) expect(thrown(() => jobs[kind](engine, [none]))).toBeInstanceOf(DataError);
  });

  test('takes what is right, and names the image that is not there before Python hears of it', async () => {
    const { engine, started } = recording();
    const all = [sampleOf(kind), ...(ownOf[kind] === undefined ? [] : [{ image, ...ownOf[kind] }])];
    jobs[kind](engine, all);
    await started[0]?.hooks.prepare?.();
    jobs[kind](engine, [{ ...sampleOf(kind), image: path.join(folder, 'none.png') }]);
    await expect(started[1]?.hooks.prepare?.()).rejects.toThrow(/none\.png/);
  });
});

describe('a file of rows', () => {
  const columns = {
    id: 'VARCHAR',
    image: 'VARCHAR',
    prompt: 'VARCHAR',
    completion: 'VARCHAR',
    note: 'VARCHAR',
  } as const;
  const row = { id: '1', prompt: 'Say', completion: 'CT', note: 'extra' };

  async function prepared(kind: RowKind, rows: readonly object[], samples?: unknown): Promise<unknown> {
    const file = path.join(folder, 'rows.parquet');
    await writeParquet(file, rows, columns);
    const { engine, started } = recording();
    jobs[kind](engine, file, samples);
    return started[0]?.hooks.prepare?.();
  }

  test('passes it too', async () => {
    await prepared('sft', [{ ...row, image }]);
    await expect(prepared('sft', [])).rejects.toMatchObject({ code: 'no-rows' });
    await expect(prepared('score', [{ ...row, image }])).rejects.toMatchObject({
      code: 'columns-missing',
      message: expect.stringContaining('no column response') as string,
    });
    await expect(
      prepared('sft', [
        { ...row, image },
        { ...row, id: '2', image, completion: null },
      ]),
    ).rejects.toMatchObject({
      code: 'row-invalid',
      message: expect.stringMatching(/rows\.parquet: Row 2 \(id 2\).*completion/) as string,
    });
    await expect(
      prepared('complete', [
        { ...row, image },
        { ...row, image },
      ]),
    ).rejects.toThrow('the id 1');
    await expect(prepared('complete', [{ ...row, image: 'none.png' }])).rejects.toMatchObject({
      code: 'image-missing',
    });
  });

  test('of GRPO has a sample for each row, and the samples pass as well', async () => {
    const two = [
      { ...row, image },
      { ...row, id: '2', image },
    ];
    const samples = ['1', '2'].map((id) => ({ ...makeSample(), id, image }));
    await prepared('grpo', two, samples);
    await expect(prepared('grpo', two, samples.slice(1))).rejects.toMatchObject({ code: 'sample-missing', where: '1' });
    await expect(prepared('grpo', two, [{ ...samples[0], answer: 'PET' }, samples[1]])).rejects.toThrow('no option');
  });
});

test('a GRPO job’s rows say whose answers are trusted where not all are, and its rewards are told', async () => {
  const { engine, started } = recording();
  const samples = ['a', 'b'].map((id) => ({ ...makeSample(), id, image }));
  const spec = {
    ...common(samples),
    rewards: [answerMatch()],
    trl: { num_generations: 2, per_device_train_batch_size: 2 },
  };
  const judged = [];
  for (const trusted of [undefined, ['b']]) {
    engine.grpo({ ...spec, ...(trusted === undefined ? {} : { trusted }) });
    const { spec: sent, hooks } = started.at(-1) ?? {};
    await hooks?.prepare?.();
    const rows = await readParquet(String((sent as Row)['data']));
    const items = samples.map(({ id }) => ({ id, completion: '<answer>MRI</answer>', rewardModelScore: null }));
    const reply = await hooks?.rewards?.({ type: 'rewards', step: 1, items }, new AbortController().signal);
    judged.push({ rows: rows.map(({ id, trusted: may }) => [id, may]), scores: reply?.scores['answerMatch'] });
    expect(sent).not.toHaveProperty('trusted');
  }
  expect(judged).toEqual([
    {
      rows: [
        ['a', undefined],
        ['b', undefined],
      ],
      scores: [1, 1],
    },
    {
      rows: [
        ['a', false],
        ['b', true],
      ],
      scores: [null, 1],
    },
  ]);
});

test('the command line has the same gate', async () => {
  const file = path.join(folder, 'samples.jsonl');
  const bad = { ...makeSample(), id: 'q-3', image, answer: 'none of them' };
  await writeFile(file, `${JSON.stringify({ ...makeSample(), image })}\n${JSON.stringify(bad)}\n`);
  const flags: StageFlags = { set: [] };
  const io = { out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal };
  await expect(sftCommand(file, flags, io)).rejects.toMatchObject({
    name: 'DataError',
    code: 'sample-invalid',
    message: expect.stringMatching(/samples\.jsonl: Sample 2 \(id q-3\).*no option/) as string,
  });
});
