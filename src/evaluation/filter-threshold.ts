/** The filter's threshold τ from held-out graded rows, and how reliable scores are around it. Pure. */
import { DataError } from '../errors.js';

export interface ScoredRow {
  score: number;
  /** The row is one the filter should let through: grade 6 or 10. */
  positive: boolean;
}

export interface ThresholdOptions {
  /**
   * Assumed share of good samples among what will be filtered, in (0, 1). The graded set has a share of its own (it is
   * made with so many rows of each grade), and precision depends on it: rows are weighted as if this share held. Left
   * out, the graded set's own share counts.
   */
  prior?: number | undefined;
  /** Fewest held-out rows that must be let through, so that a handful of lucky rows is no evidence; 1 when left out. */
  minAccepted?: number | undefined;
}

export interface Threshold {
  /** Accept a sample when its score is greater than this. */
  tau: number;
  /** Weighted share of positives among accepted held-out rows; 0 where none is accepted. */
  precision: number;
  /** Share of all positives that is accepted. */
  recall: number;
  /** Held-out rows accepted. */
  accepted: number;
  /** Whether the wanted precision was reached; if not, `tau` is where precision is best. */
  reached: boolean;
}

/**
 * The smallest threshold at which the rows with score > τ reach the wanted precision. Thresholds between two
 * neighbouring scores accept the same rows; the lower of the two scores stands for them, and the lowest score minus 1
 * for all rows. Precision does not grow evenly with τ: what is promised holds at the returned threshold, not at every
 * higher one.
 */
export function thresholdForPrecision(
  scored: readonly ScoredRow[],
  precision: number,
  options: ThresholdOptions = {},
): Threshold {
  if (scored.length === 0) {
    throw new DataError('no-held-out-rows', 'There are no held-out graded rows to find a threshold on.', {
      remedy: 'Hold out a share of the graded data, or give the threshold as a number.',
    });
  }
  const { prior, minAccepted = 1 } = options;
  const positives = scored.filter((row) => row.positive).length;
  const negatives = scored.length - positives;
  const weighted = prior !== undefined && positives > 0 && negatives > 0;
  const weight = weighted ? { good: prior / positives, bad: (1 - prior) / negatives } : { good: 1, bad: 1 };
  const sorted = [...scored].sort((a, b) => b.score - a.score);
  const highest = (sorted[0] as ScoredRow).score;
  let best: Threshold = { tau: highest, precision: 0, recall: 0, accepted: 0, reached: false };
  let [good, bad] = [0, 0];
  for (const [i, row] of sorted.entries()) {
    if (row.positive) good++;
    else bad++;
    const next = sorted[i + 1]?.score ?? row.score - 1;
    if (next === row.score || i + 1 < minAccepted) continue;
    const reachedPrecision = good === 0 ? 0 : (good * weight.good) / (good * weight.good + bad * weight.bad);
    const here: Threshold = {
      tau: next,
      precision: reachedPrecision,
      recall: positives === 0 ? 0 : good / positives,
      accepted: i + 1,
      reached: reachedPrecision >= precision,
    };
    if (here.reached || (!best.reached && good > 0 && here.precision >= best.precision)) best = here;
  }
  return best;
}

export interface ReliabilityBin {
  /** Scores in [from, to); the last bin holds `to` as well. */
  from: number;
  to: number;
  n: number;
  meanScore: number | null;
  /** Share of positives; null for an empty bin. */
  positiveShare: number | null;
}

/** Share of positives by score, in bins of equal width over R_φ's range; scores outside count in the outermost bins. */
export function reliabilityTable(scored: readonly ScoredRow[], bins = 8, lowest = -6, highest = 10): ReliabilityBin[] {
  const width = (highest - lowest) / bins;
  const groups = Map.groupBy(scored, ({ score }) =>
    Math.min(bins - 1, Math.max(0, Math.floor((score - lowest) / width))),
  );
  return Array.from({ length: bins }, (_, i) => {
    const rows = groups.get(i) ?? [];
    const n = rows.length;
    return {
      from: lowest + i * width,
      to: lowest + (i + 1) * width,
      n,
      meanScore: n === 0 ? null : rows.reduce((sum, row) => sum + row.score, 0) / n,
      positiveShare: n === 0 ? null : rows.filter((row) => row.positive).length / n,
    };
  });
}
