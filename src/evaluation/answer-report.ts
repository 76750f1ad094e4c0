/**
 * All figures about answers to questions: accuracy, balanced accuracy, F1 and AUROC, with intervals and per group. Pure.
 *
 * Classes: options vary from question to question, so a class is an answer's normalised text, the same in all rows; what
 * the rows mean by it is the data set's affair (`MRI` and `Magnetic Resonance Imaging (MRI)` are two classes, as they are
 * two options). A right answer has the class of the true one however it was worded. Classes are pooled over all rows.
 */
import { DataError } from '../errors.js';
import { exactMatch, publishedLetter } from '../reward/published-reading.js';
import { judgeCompletion } from '../reward/reading/extract.js';
import { resolveOption } from '../reward/reading/resolve-answer.js';
import { rougeL, tokenF1 } from '../reward/text-similarity.js';
import { normalize } from '../reward/words/normal-text.js';
import { asProbabilities, oneVsRestAuroc, type LikelihoodRow } from './auroc.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { wilsonInterval } from './wilson.js';
import { classFigures, encodeLabels, type ClassFigures } from './class-metrics.js';
import type { AccuracyCell } from './answer-metrics.js';

/** A question with its true answer and what a model wrote. */
export interface AnswerRow {
  completion: string;
  answer: string;
  /** It may say which finding or unit an answer means. */
  question?: string | undefined;
  /** Empty for an open question. */
  options: readonly string[];
  modality: string;
  questionType: string;
  dataset: string;
  /** One per option in their order, or by option text; probabilities or their logarithms. */
  likelihoods?: readonly number[] | Readonly<Record<string, number>> | null | undefined;
}

/** Figures of one group of questions. */
export interface GroupFigures extends AccuracyCell, ClassFigures {
  /** Wilson's 95 % interval of the accuracy. */
  interval: Interval | null;
}

/** `ours`: the rules of src/reward. `published`: MedVLM-R1's own script, which takes a lone letter in an answer block. */
export type EvaluationReading = 'ours' | 'published';

/** Means over open questions; the text compared is the answer that was read, or all of it where none was. */
export interface OpenFigures {
  /** Questions. */
  n: number;
  /** Mean F1 of words, in [0, 1]. */
  tokenF1: number;
  /** Mean ROUGE-L, in [0, 1]. */
  rougeL: number;
}

/** All figures of answers: accuracies and F1 in [0, 1], overall and in groups. */
export interface AnswerReport extends GroupFigures {
  /** Mean one-vs-rest AUROC over the rows with likelihoods; null without any. */
  auroc: number | null;
  /** Rows that AUROC looks at. */
  withLikelihoods: number;
  /** Rows whose options lack the true answer; it is taken as one more option. */
  answerNotAmongOptions: number;
  /** Answers that are the key letter for letter, but for case, blanks around them and a final full stop. */
  exact: number;
  /** Share of answers that are the true one letter for letter, in [0, 1]; see `exactMatch`. */
  exactMatch: number;
  /** 95 %: Wilson's for shares, a bootstrap over rows for the others; null where resamples do not vary. */
  intervals: Record<IntervalName, Interval | null>;
  /** Of open questions, how near the answers are to their keys by words; null without any. */
  open: OpenFigures | null;
  byModality: Record<string, GroupFigures>;
  byQuestionType: Record<string, GroupFigures>;
  byDataset: Record<string, GroupFigures>;
}
/** A figure that has an interval. */
export type IntervalName = 'accuracy' | 'unparsed' | 'exactMatch' | keyof ClassFigures;

/** A row as the answer rules read it. */
export interface JudgedRow {
  row: AnswerRow;
  correct: boolean;
  exact: boolean;
  /** Class of the true answer. */
  gold: string;
  /** The model's answer as it was read; null where none was found. */
  found: string | null;
  /** Its class. */
  predicted: string | null;
  likelihoods: LikelihoodRow | null;
  answerAmongOptions: boolean;
}

/** Correct by the rules of src/reward, which alone decide. */
export function judgeAnswer(row: AnswerRow, reading: EvaluationReading = 'ours'): JudgedRow {
  // What is letter for letter the same needs no reading; it saves most of the time on large files.
  const verbatim = row.options.length === 0 || row.options.includes(row.answer);
  const named = verbatim ? row.answer : resolveOption(row.answer, row.options, true);
  // The true answer is an answer even where a faulty data set does not offer it; at the end it moves no letter.
  const options = named === null ? [...row.options, row.answer] : row.options;
  const answer = named ?? row.answer;
  const { found, correct } = reading === 'published' ? byLetter(row, answer) : byRules(row, answer, options);
  const gold = normalize(answer);
  return {
    row,
    correct,
    found,
    exact: exactMatch(row.completion, row.answer),
    gold,
    predicted: found === null ? null : correct ? gold : normalize(found),
    likelihoods: likelihoodsOf(row, gold),
    answerAmongOptions: named !== null,
  };
}

interface Verdict {
  found: string | null;
  correct: boolean;
}

function byRules({ completion, question }: AnswerRow, answer: string, options: readonly string[]): Verdict {
  const { answer: found, correct } = judgeCompletion(completion, { options: [...options], answer, question });
  return { found, correct };
}

function byLetter({ completion, options }: AnswerRow, answer: string): Verdict {
  const letter = publishedLetter(completion);
  if (letter === null) return { found: null, correct: false };
  const found = options[letter.charCodeAt(0) - 65] ?? letter;
  return { found, correct: found === answer };
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

/** Seed of the bootstrap (0), how often it draws (1000; 0 leaves intervals out), and by whose rules answers are read. */
export interface ReportOptions {
  /** Of the bootstrap. */
  seed?: number;
  /** Draws of the bootstrap. */
  resamples?: number;
  reading?: EvaluationReading;
}

/**
 * All figures of answers, overall and by modality, question type and data set. A class is an answer's normalised text, the same in all rows.
 * @returns Shares and F1 in [0, 1]; what is not defined is null.
 * @throws DataError `nothing-to-evaluate` where there are no answers.
 * @example
 * const asked = { options: ['CT', 'MRI'], modality: 'CT', questionType: 'modality recognition', dataset: 'mine' };
 * const rows = [{ ...asked, answer: 'CT', completion: 'A' }, { ...asked, answer: 'MRI', completion: 'none of them' }];
 * const { accuracy, unparsed } = answerReport(rows, { resamples: 0 });
 * [accuracy, unparsed]; // → [0.5, 1]
 */
export function answerReport(
  rows: readonly AnswerRow[],
  { seed = 0, resamples = resamplesFor(rows.length), reading = 'ours' }: ReportOptions = {},
): AnswerReport {
  if (rows.length === 0) {
    throw new DataError('nothing-to-evaluate', 'There are no answers to evaluate.', {
      remedy: 'Give a file with at least one usable row.',
    });
  }
  const judged = rows.map((row) => judgeAnswer(row, reading));
  const exact = judged.filter((item) => item.exact).length;
  const likelihoods = judged.flatMap((item) => item.likelihoods ?? []);
  return {
    ...figuresOf(judged),
    auroc: oneVsRestAuroc(likelihoods),
    withLikelihoods: likelihoods.length,
    answerNotAmongOptions: judged.filter((item) => !item.answerAmongOptions).length,
    exact,
    exactMatch: exact / judged.length,
    intervals: intervalsOf(judged, seed, resamples),
    open: openFigures(judged.filter(({ row }) => row.options.length === 0)),
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
  const n = judged.length;
  const interval = wilsonInterval(correct, n);
  return { n, correct, unparsed, accuracy: correct / n, interval, ...classFigures(labelsOf(judged)) };
}

/** What an open question was answered with, and its key. */
export interface OpenText {
  text: string;
  key: string;
}

/** The answers to open questions that figures of nearness compare: as they were read, or whole where none was. */
export const openTexts = (rows: readonly AnswerRow[], reading: EvaluationReading = 'ours'): OpenText[] =>
  rows.filter(({ options }) => options.length === 0).map((row) => openText(judgeAnswer(row, reading)));

const openText = ({ row, found }: JudgedRow): OpenText => ({ text: found ?? row.completion, key: row.answer });

function openFigures(open: readonly JudgedRow[]): OpenFigures | null {
  if (open.length === 0) return null;
  const mean = (figure: typeof tokenF1): number =>
    open.map(openText).reduce((sum, { text, key }) => sum + figure(text, key), 0) / open.length;
  return { n: open.length, tokenF1: mean(tokenF1), rougeL: mean(rougeL) };
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
  const count = (is: (item: JudgedRow) => boolean): number => judged.filter(is).length;
  const share = (is: (item: JudgedRow) => boolean): Interval | null => wilsonInterval(count(is), judged.length);
  const shares = {
    accuracy: share(({ correct }) => correct),
    unparsed: share(({ predicted }) => predicted === null),
    exactMatch: share(({ exact }) => exact),
  };
  if (resamples === 0) return { ...shares, balancedAccuracy: null, macroF1: null, weightedF1: null };
  const drawn = bootstrapIntervals(judged.length, (rows) => ({ ...classFigures(labels, rows) }), { seed, resamples });
  return { ...shares, ...drawn };
}
