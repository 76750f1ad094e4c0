/**
 * All figures about answers to questions: accuracy, balanced accuracy, F1 and AUROC, with intervals and per group. Pure.
 *
 * Classes: options vary from question to question, so a class is an answer's normalised text, the same in all rows; what
 * the rows mean by it is the data set's affair (`MRI` and `Magnetic Resonance Imaging (MRI)` are two classes, as they are
 * two options). A right answer has the class of the true one however it was worded. Classes are pooled over all rows.
 */
import { DataError } from '../errors.js';
import { answersMatch, extract, normalize, resolveOption } from '../reward/index.js';
import { asProbabilities, oneVsRestAuroc, type LikelihoodRow } from './auroc.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { classFigures, encodeLabels, type ClassFigures } from './classes.js';
import type { AccuracyCell } from './metrics.js';

/** A question with its true answer and what a model wrote. */
export interface AnswerRow {
  completion: string;
  answer: string;
  /** Empty for an open question. */
  options: readonly string[];
  modality: string;
  questionType: string;
  dataset: string;
  /** One per option in their order, or by option text; probabilities or their logarithms. */
  likelihoods?: readonly number[] | Readonly<Record<string, number>> | null | undefined;
}

export interface GroupFigures extends AccuracyCell, ClassFigures {}

export interface AnswerReport extends GroupFigures {
  /** Mean one-vs-rest AUROC over the rows with likelihoods; null without any. */
  auroc: number | null;
  /** Rows that AUROC looks at. */
  withLikelihoods: number;
  /** Rows whose options lack the true answer; it is taken as one more option. */
  answerNotAmongOptions: number;
  /** 95 % percentile bootstrap over rows. */
  intervals: Record<IntervalName, Interval | null>;
  byModality: Record<string, GroupFigures>;
  byQuestionType: Record<string, GroupFigures>;
  byDataset: Record<string, GroupFigures>;
}
export type IntervalName = 'accuracy' | keyof ClassFigures;

/** A row as the answer rules read it. */
export interface JudgedRow {
  row: AnswerRow;
  correct: boolean;
  /** Class of the true answer. */
  gold: string;
  /** Class of the model's answer; null where none was found. */
  predicted: string | null;
  likelihoods: LikelihoodRow | null;
  answerAmongOptions: boolean;
}

/** Correct by the rules of src/reward, which alone decide. */
export function judgeAnswer(row: AnswerRow): JudgedRow {
  // What is letter for letter the same needs no reading; it saves most of the time on large files.
  const verbatim = row.options.length === 0 || row.options.includes(row.answer);
  const named = verbatim ? row.answer : resolveOption(row.answer, row.options, true);
  // The true answer is an answer even where a faulty data set does not offer it; at the end it moves no letter.
  const options = named === null ? [...row.options, row.answer] : row.options;
  const answer = named ?? row.answer;
  const found = extract(row.completion, options).answer;
  const correct = found !== null && (found === answer || answersMatch(found, answer, options));
  const gold = normalize(answer);
  return {
    row,
    correct,
    gold,
    predicted: found === null ? null : correct ? gold : normalize(found),
    likelihoods: likelihoodsOf(row, gold),
    answerAmongOptions: named !== null,
  };
}

/** Null where the values do not belong to this row's options, one each. */
function likelihoodsOf({ options, likelihoods }: AnswerRow, gold: string): LikelihoodRow | null {
  if (likelihoods === undefined || likelihoods === null || options.length === 0) return null;
  const values = Array.isArray(likelihoods)
    ? (likelihoods as readonly number[])
    : options.map((option) => (likelihoods as Readonly<Record<string, number>>)[option] ?? NaN);
  if (values.length !== options.length || !values.every(Number.isFinite)) return null;
  const labels = options.map(normalize);
  const probabilities = new Map(asProbabilities(values).map((value, i) => [labels[i] as string, value]));
  return { gold, probabilities };
}

/**
 * @param seed Of the bootstrap. `resamples` 0 leaves the intervals out; left out itself it is 1000, and from 20,000 rows on
 * fewer (at least 200), where intervals are narrow and each resample takes long.
 */
export function answerReport(
  rows: readonly AnswerRow[],
  { seed = 0, resamples = resamplesFor(rows.length) }: { seed?: number; resamples?: number } = {},
): AnswerReport {
  if (rows.length === 0) {
    throw new DataError('nothing-to-evaluate', 'There are no answers to evaluate.', {
      remedy: 'Give a file with at least one usable row.',
    });
  }
  const judged = rows.map(judgeAnswer);
  const likelihoods = judged.flatMap((item) => item.likelihoods ?? []);
  return {
    ...figuresOf(judged),
    auroc: oneVsRestAuroc(likelihoods),
    withLikelihoods: likelihoods.length,
    answerNotAmongOptions: judged.filter((item) => !item.answerAmongOptions).length,
    intervals: intervalsOf(judged, seed, resamples),
    byModality: figuresBy(judged, ({ row }) => row.modality),
    byQuestionType: figuresBy(judged, ({ row }) => row.questionType),
    byDataset: figuresBy(judged, ({ row }) => row.dataset),
  };
}

/** Fewer for large files, where intervals are narrow and each resample takes long. */
export const resamplesFor = (n: number): number => Math.max(200, Math.min(1000, Math.floor(2e7 / Math.max(1, n))));

function figuresOf(judged: readonly JudgedRow[]): GroupFigures {
  const correct = judged.filter((item) => item.correct).length;
  const unparsed = judged.filter((item) => item.predicted === null).length;
  return { n: judged.length, correct, unparsed, accuracy: correct / judged.length, ...classFigures(labelsOf(judged)) };
}

function labelsOf(judged: readonly JudgedRow[]): ReturnType<typeof encodeLabels> {
  return encodeLabels(
    judged.map(({ gold }) => gold),
    judged.map(({ predicted }) => predicted),
  );
}

function figuresBy(judged: readonly JudgedRow[], key: (item: JudgedRow) => string): Record<string, GroupFigures> {
  const groups = [...Map.groupBy(judged, key)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(groups.map(([name, group]) => [name, figuresOf(group)]));
}

function intervalsOf(judged: readonly JudgedRow[], seed: number, resamples: number): AnswerReport['intervals'] {
  const labels = labelsOf(judged);
  const right = Uint8Array.from(judged, ({ correct }) => Number(correct));
  const figures = (rows: Int32Array): Record<IntervalName, number | null> => {
    let correct = 0;
    for (const row of rows) correct += right[row] as number;
    return { accuracy: correct / rows.length, ...classFigures(labels, rows) };
  };
  if (resamples === 0) return { accuracy: null, balancedAccuracy: null, macroF1: null, weightedF1: null };
  return bootstrapIntervals(judged.length, figures, { seed, resamples });
}
