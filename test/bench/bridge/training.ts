/** Real training on the shipped base: time to the first step, and GRPO against a plain TRL script that does the same. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openEngine, type Engine } from '../../../src/job-spec/script-engine.js';
import { pythonSources } from '../../../src/bridge/environment/package-paths.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import { writeParquet } from '../../../src/dataset/tables/table.js';
import { defineReward } from '../../../src/reward/define-reward.js';
import type { Sample } from '../../../src/sample.js';
import { promptRow, rowColumns, sftRow, type RowOptions } from '../../../src/job-spec/rows/job-rows.js';
import { spread, type Line } from './stats.js';

export interface TrainingSizes {
  steps: number;
  pairs: number;
  threads: number;
  /** Times that the first step is waited for. */
  starts: number;
}

export interface Place {
  python: string;
  /** Folder for everything that is written. */
  dir: string;
}

interface Rows {
  samples: Sample[];
  sft: string;
  grpo: string;
}

export async function benchTraining(place: Place, sizes: TrainingSizes, tell: (text: string) => void): Promise<Line[]> {
  const rows = await makeRows(place.dir);
  return [...(await benchStart(place, rows, sizes, tell)), ...(await benchGrpo(place, rows, sizes, tell))];
}

async function makeRows(dir: string): Promise<Rows> {
  const errorRates = { direct: 0.4, 'step-by-step': 0.4, 'meta-cognitive': 0.4 };
  const counts = { seed: 64, test: 1, pool: 1 };
  const data = await createPhantomData({ dir, seed: 0, counts, teacher: { errorRates } });
  const options: RowOptions = { instruction: 'none', imagePath: (image) => path.resolve(image) };
  const samples = data.seed;
  const [sft, grpo] = [path.join(dir, 'sft.parquet'), path.join(dir, 'grpo.parquet')];
  await writeParquet(
    sft,
    samples.map((sample) => sftRow(sample, options)),
    rowColumns.sft,
  );
  const prompts = samples.map((sample) => ({ ...promptRow(sample, options), answer: sample.answer }));
  await writeParquet(grpo, prompts, { ...rowColumns.prompt, answer: 'VARCHAR' });
  return { samples, sft, grpo };
}

/** Seconds from `engine.sft()` to its first step. */
async function firstStep(engine: Engine, data: string, outDir: string, threads: number): Promise<number> {
  const begin = performance.now();
  const trl = { max_steps: 1, per_device_train_batch_size: 8, logging_steps: 1, save_strategy: 'no' } as const;
  const job = engine.sft({ model: { path: 'phantom' }, data, outDir, seed: 0, threads, device: 'cpu', trl });
  let seconds = Number.NaN;
  for await (const event of job.events) {
    if (event.type === 'train-step' && Number.isNaN(seconds)) seconds = (performance.now() - begin) / 1000;
  }
  await job.result;
  return seconds;
}

async function benchStart(
  { python, dir }: Place,
  rows: Rows,
  { starts, threads }: TrainingSizes,
  tell: (text: string) => void,
): Promise<Line[]> {
  const [cold, warm]: [number[], number[]] = [[], []];
  for (let n = 0; n < starts; n++) {
    await using engine = await openEngine({ python });
    cold.push(await firstStep(engine, rows.sft, path.join(dir, `cold-${n}`), threads));
    while ((await engine.status()).warmSeconds === null) await sleep(50);
    warm.push(await firstStep(engine, rows.sft, path.join(dir, `warm-${n}`), threads));
    tell(`first step: ${cold.at(-1)?.toFixed(2)} s cold, ${warm.at(-1)?.toFixed(2)} s warm`);
  }
  return [
    { what: 'engine.sft() to first step, cold', value: spread(cold, 2, 's'), note: 'right after openEngine()' },
    { what: 'engine.sft() to first step, warm', value: spread(warm, 2, 's'), note: 'torch and TRL loaded' },
  ];
}

/** The rewards of plain_grpo.py. */
const rewards = [
  defineReward({
    name: 'answer_match',
    score: (batch) =>
      batch.map(({ completion, sample }) => {
        const block = /<answer>([\s\S]*?)<\/answer>/.exec(completion)?.[1];
        return block !== undefined && block.trim().toLowerCase() === sample.answer.toLowerCase() ? 1 : 0;
      }),
  }),
  defineReward({
    name: 'brevity',
    weight: 0.2,
    score: (batch) => batch.map(({ completion }) => 1 - Math.min(completion.length, 400) / 400),
  }),
];

const trlOptions = (steps: number) =>
  ({
    max_steps: steps,
    num_generations: 8,
    per_device_train_batch_size: 32,
    max_completion_length: 64,
    learning_rate: 1e-4,
    beta: 0,
    temperature: 1,
    logging_steps: 5,
    logging_first_step: true,
    save_strategy: 'no',
  }) as const;

interface Measured {
  /** Of training alone, saving included. */
  train: number;
  /** From nothing (no Python yet) to the result. */
  whole: number;
  tokens: number | null;
}

async function ours({ python, dir }: Place, rows: Rows, sizes: TrainingSizes, name: string): Promise<Measured> {
  const begin = performance.now();
  await using engine = await openEngine({ python });
  const result = await engine.grpo({
    model: { path: 'phantom', dtype: 'float32' },
    data: rows.grpo,
    samples: rows.samples,
    outDir: path.join(dir, name),
    seed: 0,
    threads: sizes.threads,
    device: 'cpu',
    rewards,
    trl: trlOptions(sizes.steps),
  }).result;
  return { train: result.seconds, whole: (performance.now() - begin) / 1000, tokens: result.tokens };
}

async function plain({ python, dir }: Place, rows: Rows, sizes: TrainingSizes, name: string): Promise<Measured> {
  const outDir = path.join(dir, name);
  mkdirSync(outDir, { recursive: true });
  const model = path.join(pythonSources, 'medgr2', 'phantom', 'base');
  const job = { model, data: rows.grpo, outDir, seed: 0, threads: sizes.threads, trl: trlOptions(sizes.steps) };
  const file = path.join(dir, `${name}.json`);
  writeFileSync(file, JSON.stringify(job));
  // The same surroundings as src/bridge/process/supervisor-process.ts gives: they are worth more than the bridge costs.
  const env = {
    OMP_WAIT_POLICY: 'PASSIVE',
    TOKENIZERS_PARALLELISM: 'false',
    ...process.env,
    PYTHONPATH: pythonSources,
  };
  const begin = performance.now();
  const { stdout } = await promisify(execFile)(python, [path.join(import.meta.dirname, 'plain_grpo.py'), file], {
    env,
  });
  const whole = (performance.now() - begin) / 1000;
  const printed = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { seconds: number; tokens: number };
  return { train: printed.seconds, whole, tokens: printed.tokens };
}

async function benchGrpo(
  place: Place,
  rows: Rows,
  sizes: TrainingSizes,
  tell: (text: string) => void,
): Promise<Line[]> {
  const pairs: { ours: Measured; plain: Measured }[] = [];
  for (let n = 0; n < sizes.pairs; n++) {
    // Who goes first takes turns, so that a machine that gets warmer or busier favours neither.
    const first = n % 2 === 0 ? await ours(place, rows, sizes, `ours-${n}`) : null;
    const other = await plain(place, rows, sizes, `plain-${n}`);
    pairs.push({ ours: first ?? (await ours(place, rows, sizes, `ours-${n}`)), plain: other });
    tell(`pair ${n + 1} of ${sizes.pairs}: ${JSON.stringify(pairs.at(-1))}`);
  }
  const each = (read: (pair: (typeof pairs)[number]) => number): number[] => pairs.map(read);
  const same = pairs.every((pair) => pair.ours.tokens === pair.plain.tokens);
  const aim = `aim ≤ 1.03; ${same ? 'the same' : 'NOT the same'} number of tokens on both sides`;
  return [
    {
      what: `GRPO, ${sizes.steps} steps, TypeScript: training`,
      value: spread(
        each((pair) => pair.ours.train),
        1,
        's',
      ),
      note: '',
    },
    {
      what: `GRPO, ${sizes.steps} steps, plain TRL: training`,
      value: spread(
        each((pair) => pair.plain.train),
        1,
        's',
      ),
      note: '',
    },
    {
      what: `ratio of training, ${sizes.pairs} pairs`,
      value: spread(
        each((pair) => pair.ours.train / pair.plain.train),
        3,
        '×',
      ),
      note: aim,
    },
    ...byOrder(each((pair) => pair.ours.train / pair.plain.train)),
    {
      what: 'ratio of the whole, from no Python to the result',
      value: spread(
        each((pair) => pair.ours.whole / pair.plain.whole),
        3,
        '×',
      ),
      note: 'imports included on both sides',
    },
  ];
}

/** The first of a pair may be slower on some machines: with the orders apart it shows. Even pairs have ours first. */
function byOrder(ratios: readonly number[]): Line[] {
  if (ratios.length < 2) return [];
  return ['TypeScript', 'plain TRL'].map((first, order) => ({
    what: `the same where ${first} went first`,
    value: spread(
      ratios.filter((_, n) => n % 2 === order),
      3,
      '×',
    ),
    note: '',
  }));
}
