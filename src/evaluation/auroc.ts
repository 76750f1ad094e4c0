/**
 * Area under the ROC curve, for two classes and for many by one-vs-rest. Pure; null where it is not defined, never NaN.
 * Equal scores count half, as in scikit-learn.
 */
import { ranks } from './answer-metrics.js';

/**
 * Of all pairs of a positive and a negative row, the share in which the positive scores higher; ties count half.
 * @returns In [0, 1]; null where one kind is missing.
 * @example
 * auroc([0.9, 0.4, 0.6], [true, false, true]); // → 1
 */
export function auroc(scores: readonly number[], positive: readonly boolean[]): number | null {
  const positives = positive.filter(Boolean).length;
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) return null;
  const rankSum = ranks(scores).reduce((sum, rank, i) => (positive[i] === true ? sum + rank : sum), 0);
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** A row whose options all have a likelihood. */
export interface LikelihoodRow {
  gold: string;
  /** Probability by label, over the options of this row; they add up to 1. */
  probabilities: ReadonlyMap<string, number>;
}

/**
 * Mean one-vs-rest AUROC over labels. For each label only the rows that offer it as an option take part, since the model
 * was not asked about it in the others. A label that is right in all of its rows or in none has no AUROC and is left
 * out; null where no label has one. With the same two labels in every row this is the AUROC of the binary question; with
 * the same labels in every row it is scikit-learn's `multi_class='ovr', average='macro'`.
 */
export function oneVsRestAuroc(rows: readonly LikelihoodRow[]): number | null {
  const byLabel = new Map<string, { scores: number[]; positive: boolean[] }>();
  for (const { gold, probabilities } of rows) {
    for (const [label, probability] of probabilities) {
      const column = byLabel.get(label) ?? { scores: [], positive: [] };
      if (column.scores.length === 0) byLabel.set(label, column);
      column.scores.push(probability);
      column.positive.push(label === gold);
    }
  }
  const areas = [...byLabel.values()]
    .map(({ scores, positive }) => auroc(scores, positive))
    .filter((area) => area !== null);
  return areas.length === 0 ? null : areas.reduce((sum, area) => sum + area, 0) / areas.length;
}

/**
 * Likelihoods of a row's options as probabilities. Values of which one is negative are logarithms; otherwise they are
 * divided by their sum (equal shares where all are 0). Both make rows comparable, which one-vs-rest needs.
 */
export function asProbabilities(likelihoods: readonly number[]): number[] {
  const logarithms = likelihoods.some((value) => value < 0);
  const top = likelihoods.reduce((most, value) => Math.max(most, value), -Infinity);
  const weights = logarithms ? likelihoods.map((value) => Math.exp(value - top)) : likelihoods;
  const total = weights.reduce((sum, value) => sum + value, 0);
  return weights.map((value) => (total === 0 ? 1 / weights.length : value / total));
}
