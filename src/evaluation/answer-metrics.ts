/**
 * Figures about answers and about reward-model scores. Pure; what cannot be computed (no rows, no variance) is null,
 * never NaN. Intervals, AUROC and tests between models are not here.
 */
import { DataError } from '../errors.js';
import type { Modality, QuestionType } from '../sample.js';
import { mean } from '../mean.js';

export { reliabilityTable, thresholdForPrecision } from './filter-threshold.js';
export type { ReliabilityBin, ScoredRow, Threshold, ThresholdOptions } from './filter-threshold.js';

/** A question as it was answered. */
export interface AnsweredItem {
  correct: boolean;
  /** No answer was found in the completion; counts as wrong. */
  unparsed: boolean;
  modality: Modality;
  questionType: QuestionType;
}

/** Counts of one group of questions, and the share that is right, in [0, 1]. */
export interface AccuracyCell {
  /** Questions. */
  n: number;
  /** Questions that are answered rightly. */
  correct: number;
  /** Questions in whose completion no answer was found; they count as wrong. */
  unparsed: number;
  /** correct / n. */
  accuracy: number;
}

/** Accuracy overall and in groups. */
export interface AccuracyReport extends AccuracyCell {
  /** Only those that occur. */
  byModality: Record<string, AccuracyCell>;
  byQuestionType: Record<string, AccuracyCell>;
}

/**
 * Top-1 accuracy overall, per modality and per question type.
 * @throws DataError `nothing-to-evaluate` where there are none.
 * @example
 * const right = { modality: 'CT', questionType: 'disease diagnosis', correct: true, unparsed: false } as const;
 * accuracyReport([right, { ...right, correct: false }]).accuracy; // → 0.5
 */
export function accuracyReport(items: readonly AnsweredItem[]): AccuracyReport {
  if (items.length === 0) {
    throw new DataError('nothing-to-evaluate', 'There are no questions to evaluate on.', {
      remedy: 'Give a test split that is not empty.',
    });
  }
  return {
    ...cellOf(items),
    byModality: cellsBy(items, (item) => item.modality),
    byQuestionType: cellsBy(items, (item) => item.questionType),
  };
}

function cellsBy(items: readonly AnsweredItem[], key: (item: AnsweredItem) => string): Record<string, AccuracyCell> {
  const groups = [...Map.groupBy(items, key)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(groups.map(([name, group]) => [name, cellOf(group)]));
}

function cellOf(items: readonly AnsweredItem[]): AccuracyCell {
  const correct = items.filter((item) => item.correct).length;
  const unparsed = items.filter((item) => item.unparsed).length;
  return { n: items.length, correct, unparsed, accuracy: correct / items.length };
}

/** A reward-model score of a row whose grade is known. */
export interface ScoredGrade {
  /** As R_φ gave it, not clamped. */
  score: number;
  /** In [-6, 10]. */
  grade: number;
  /** Rows of one group (one question) are compared with each other; without it, all rows are. */
  group?: string | undefined;
}

/**
 * Mean absolute error on the scale of grades, Spearman's ρ in [-1, 1], the share of pairs ordered right, and mean scores by
 * grade.
 */
export interface RewardModelReport {
  /** Mean absolute error, on the scale of grades [-6, 10]. */
  mae: number | null;
  /** Rank correlation of scores and grades, in [-1, 1]. */
  spearman: number | null;
  /** Share of pairs of different grades whose scores are in the same order, in [0, 1]. */
  pairwiseAccuracy: number | null;
  /** Grade -> mean score of its rows. */
  meanByGrade: Record<string, number>;
}

/** How well scores follow grades on held-out rows. */
export function rewardModelReport(items: readonly ScoredGrade[]): RewardModelReport {
  const scores = items.map((item) => item.score);
  const grades = items.map((item) => item.grade);
  return {
    mae: mae(scores, grades),
    spearman: spearman(scores, grades),
    pairwiseAccuracy: pairwiseAccuracy(items),
    meanByGrade: meanByGrade(items),
  };
}

/** Mean absolute error. */
export function mae(predicted: readonly number[], actual: readonly number[]): number | null {
  return mean(predicted.map((value, i) => Math.abs(value - (actual[i] as number))));
}

/** Spearman's rank correlation, ties averaged; null for fewer than two rows or where one side is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  return pearson(ranks(a), ranks(b));
}

function pearson(a: readonly number[], b: readonly number[]): number | null {
  const [meanA, meanB] = [mean(a) ?? 0, mean(b) ?? 0];
  let [together, alone, other] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[i] as number) - meanB];
    together += x * y;
    alone += x * x;
    other += y * y;
  }
  return alone === 0 || other === 0 ? null : together / Math.sqrt(alone * other);
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end++;
    for (let k = start; k < end; k++) result[order[k] as number] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}

/** Mean score per grade, highest grade first. */
export function meanByGrade(items: readonly ScoredGrade[]): Record<string, number> {
  const groups = [...Map.groupBy(items, (item) => item.grade)].sort(([a], [b]) => b - a);
  return Object.fromEntries(
    groups.map(([grade, group]) => [String(grade), mean(group.map((item) => item.score)) ?? 0]),
  );
}

/**
 * Of all pairs of different grade within a group, the share whose scores are in the same order; equal scores count
 * half. Null where there is no such pair. Takes time quadratic in the size of a group.
 */
export function pairwiseAccuracy(items: readonly ScoredGrade[]): number | null {
  let [pairs, right] = [0, 0];
  for (const group of Map.groupBy(items, (item) => item.group).values()) {
    for (const [i, one] of group.entries()) {
      for (let j = i + 1; j < group.length; j++) {
        const other = group[j] as ScoredGrade;
        const order = (one.grade - other.grade) * (one.score - other.score);
        if (one.grade === other.grade) continue;
        pairs++;
        right += order > 0 ? 1 : order === 0 ? 0.5 : 0;
      }
    }
  }
  return pairs === 0 ? null : right / pairs;
}
