/** Measures a policy on held-out questions: greedy completions, read by the same extraction rule as the reward. */
import { join } from 'node:path';
import type { ResultOf } from '../bridge/contract.js';
import type { SpecInput } from '../bridge/engine.js';
import type { Config } from '../config/schema.js';
import { readCompletions } from '../dataset/job-files.js';
import { writeParquet } from '../dataset/table.js';
import { answersMatch, extract } from '../reward/extract.js';
import type { Sample } from '../sample.js';
import { promptRow, rowColumns, type RowOptions } from '../training/rows.js';
import { evaluationSpec } from '../training/specs.js';
import { accuracyReport, type AccuracyReport } from './metrics.js';

export interface Evaluation {
  config: Config;
  /** Absolute model folder, Hugging Face id or `phantom`. */
  model: string;
  samples: readonly Sample[];
  /** Absolute folder for prompts, completions and predictions. */
  dir: string;
  seed: number;
  rows: RowOptions;
  complete(spec: SpecInput<'complete'>): Promise<ResultOf<'complete'>>;
}

/** One judged completion, as predictions.parquet holds it. */
export interface Prediction {
  id: string;
  question: string;
  answer: string;
  /** What the extraction rule read; null where it found no answer. */
  predicted: string | null;
  correct: boolean;
  completion: string;
  /** False where the length ran out. */
  finished: boolean;
  modality: string;
  questionType: string;
}

const predictionColumns = {
  id: 'VARCHAR',
  question: 'VARCHAR',
  answer: 'VARCHAR',
  predicted: 'VARCHAR',
  correct: 'BOOLEAN',
  completion: 'VARCHAR',
  finished: 'BOOLEAN',
  modality: 'VARCHAR',
  questionType: 'VARCHAR',
} as const;

export async function evaluatePolicy(evaluation: Evaluation): Promise<AccuracyReport> {
  const { config, model, samples, dir, seed, rows, complete } = evaluation;
  const data = join(dir, 'prompts.parquet');
  await writeParquet(
    data,
    samples.map((sample) => promptRow(sample, rows)),
    rowColumns.prompt,
  );
  const result = await complete(evaluationSpec(config, { outDir: dir, data, model, seed }));
  const completions = await readCompletions(
    result.completions,
    samples.map((sample) => sample.id),
  );
  const predictions = samples.map((sample, index) =>
    judge(sample, completions[index]?.text ?? '', completions[index]?.finished ?? false),
  );
  await writeParquet(join(dir, 'predictions.parquet'), predictions, predictionColumns);
  return accuracyReport(
    predictions.map(({ correct, predicted }, index) => ({
      correct,
      unparsed: predicted === null,
      modality: samples[index]?.modality ?? 'unknown',
      questionType: samples[index]?.questionType ?? 'other biological attributes',
    })),
  );
}

function judge(sample: Sample, completion: string, finished: boolean): Prediction {
  const predicted = extract(completion, sample.options).answer;
  const { id, question, answer, modality, questionType, options } = sample;
  const correct = predicted !== null && answersMatch(predicted, answer, options);
  return { id, question, answer, predicted, correct, completion, finished, modality, questionType };
}
