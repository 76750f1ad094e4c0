/** Measures a policy on held-out questions: greedy completions, read by the same extraction rule as the reward. */
import { join } from 'node:path';
import type { ResultOf } from '../bridge/contract/contract.js';
import type { SpecInput } from '../bridge/jobs/open-engine.js';
import type { Config } from '../config/schema.js';
import { readAnswers, readCompletions, type AnswerLine } from '../dataset/tables/job-outputs.js';
import { writeParquet, type Columns } from '../dataset/tables/table.js';
import type { AnswerRow } from './answer-report.js';
import { answerReader, type Evaluator, type GivenAnswer, type Judgement } from './evaluator.js';
import type { Sample } from '../sample.js';
import { optionsRow, promptRow, rowColumns, type RowOptions } from '../job-spec/rows/job-rows.js';
import { evaluationSpec, optionsSpec, type JobPlace } from '../job-spec/spec-from-config.js';
import { accuracyReport, type AccuracyReport } from './answer-metrics.js';

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
  /** Who says what is right (default: the rule of `evaluation.reading`). */
  evaluator?: Evaluator | undefined;
  signal?: AbortSignal | undefined;
  /** Used instead where the configuration asks for likelihoods of the options. */
  evaluate?: (spec: SpecInput<'evaluate'>) => Promise<ResultOf<'evaluate'>>;
}

/** One judged completion, as predictions.parquet holds it. */
export interface Prediction {
  id: string;
  question: string;
  options: string[];
  answer: string;
  /** What the extraction rule read; null where it found no answer. */
  predicted: string | null;
  correct: boolean;
  completion: string;
  /** False where the length ran out. */
  finished: boolean;
  modality: string;
  questionType: string;
  /** Log-likelihood of each option, natural logarithm summed over its tokens; null where it was not asked for. */
  logLikelihoods: number[] | null;
  /** The same per token. */
  meanLogLikelihoods: number[] | null;
}

const predictionColumns = {
  id: 'VARCHAR',
  question: 'VARCHAR',
  options: 'VARCHAR[]',
  answer: 'VARCHAR',
  predicted: 'VARCHAR',
  correct: 'BOOLEAN',
  completion: 'VARCHAR',
  finished: 'BOOLEAN',
  modality: 'VARCHAR',
  questionType: 'VARCHAR',
  logLikelihoods: 'DOUBLE[]',
  meanLogLikelihoods: 'DOUBLE[]',
} as const;

/** Top-1 accuracy; predictions.parquet in `dir` holds every answer. */
export async function evaluatePolicy(evaluation: Evaluation): Promise<AccuracyReport> {
  const predictions = await answerQuestions(evaluation);
  return accuracyReport(
    predictions.map(({ correct, predicted }, index) => ({
      correct,
      unparsed: predicted === null,
      modality: evaluation.samples[index]?.modality ?? 'unknown',
      questionType: evaluation.samples[index]?.questionType ?? 'other biological attributes',
    })),
  );
}

/** Asks the policy every question, judges its answers and writes them to predictions.parquet in `dir`. */
export async function answerQuestions(evaluation: Evaluation): Promise<Prediction[]> {
  const { config } = evaluation;
  const evaluate = config.evaluation.likelihoods === 'none' ? undefined : evaluation.evaluate;
  const answers =
    evaluate === undefined ? await completionsOnly(evaluation) : await withLikelihoods(evaluation, evaluate);
  return writePredictions(evaluation, answers);
}

/** Judges greedy answers, in the order of the questions, and writes predictions.parquet. */
export async function writePredictions(
  evaluation: Pick<Evaluation, 'config' | 'samples' | 'dir' | 'evaluator' | 'signal'>,
  answers: readonly Answer[],
): Promise<Prediction[]> {
  const { config, samples, dir, signal = new AbortController().signal } = evaluation;
  const { evaluator = answerReader(config.evaluation.reading) } = evaluation;
  const given = samples.map((sample, index) => ({
    sample,
    completion: answers[index]?.text ?? '',
    finished: answers[index]?.finished ?? false,
  }));
  const judgements = await evaluator.judge(given, { signal });
  const predictions = given.map((answer, index) =>
    predictionOf(answer, judgements[index] ?? unread, answers[index]?.responses ?? null),
  );
  await writeParquet(join(dir, 'predictions.parquet'), predictions, predictionColumns);
  return predictions;
}

type Answer = Pick<AnswerLine, 'text' | 'finished'> & { responses: AnswerLine['responses'] | null };

async function completionsOnly(evaluation: Evaluation): Promise<Answer[]> {
  const { config, samples, rows, complete } = evaluation;
  const place = await placeJob(
    evaluation,
    samples.map((sample) => promptRow(sample, rows)),
    rowColumns.prompt,
  );
  const { completions } = await complete(evaluationSpec(config, place));
  return (await readCompletions(completions, idsOf(samples))).map((line) => ({ ...line, responses: null }));
}

async function withLikelihoods(
  evaluation: Evaluation,
  evaluate: NonNullable<Evaluation['evaluate']>,
): Promise<Answer[]> {
  const { config, samples, rows } = evaluation;
  const place = await placeJob(
    evaluation,
    samples.map((sample) => optionsRow(sample, rows)),
    rowColumns.options,
  );
  const { answers } = await evaluate(optionsSpec(config, place));
  return readAnswers(answers, idsOf(samples));
}

const idsOf = (samples: readonly Sample[]): string[] => samples.map((sample) => sample.id);

/** Writes what the job is to read. */
async function placeJob(
  { dir, model, seed }: Evaluation,
  rows: readonly object[],
  columns: Columns,
): Promise<JobPlace> {
  const data = join(dir, 'prompts.parquet');
  await writeParquet(data, rows, columns);
  return { outDir: dir, data, model, seed };
}

const unread: Judgement = { predicted: null, correct: false };

function predictionOf(
  { sample, completion, finished }: GivenAnswer,
  { predicted, correct }: Judgement,
  responses: Answer['responses'],
): Prediction {
  const { id, question, modality, questionType, options } = sample;
  return {
    id,
    question,
    options,
    answer: sample.answer,
    predicted,
    correct,
    completion,
    finished,
    modality,
    questionType,
    logLikelihoods: responses?.map(({ logLikelihood }) => logLikelihood) ?? null,
    meanLogLikelihoods: responses?.map(({ logLikelihood, tokens }) => logLikelihood / tokens) ?? null,
  };
}

/**
 * Predictions as the figures are made of.
 * @param by Which likelihoods AUROC looks at.
 * @param questions Those that were asked, in order: their provenance names the data set.
 */
export function answerRows(
  predictions: readonly Prediction[],
  by: Config['evaluation']['likelihoods'],
  questions: readonly (Pick<Sample, 'provenance'> & Partial<Pick<Sample, 'question'>>)[] = [],
): AnswerRow[] {
  return predictions.map(({ logLikelihoods, meanLogLikelihoods, ...row }, index) => ({
    ...row,
    question: questions[index]?.question,
    dataset: questions[index]?.provenance.model ?? 'unknown',
    likelihoods: by === 'none' ? null : by === 'mean' ? meanLogLikelihoods : logLikelihoods,
  }));
}
