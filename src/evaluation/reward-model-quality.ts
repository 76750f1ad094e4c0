/** What a reward model is worth on graded texts it never saw, and the filter's threshold τ that follows from them. Pure. */
import type { Config } from '../config/schema.js';
import { clampScore } from '../reward/ready-made-rewards.js';
import { pairwiseAccuracy, rewardModelReport, spearman, type RewardModelReport } from './answer-metrics.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { reliabilityTable, thresholdForPrecision, type ReliabilityBin, type ScoredRow } from './filter-threshold.js';

/** A held-out graded text and R_φ's raw score of it. */
export interface HeldOutScore {
  sampleId: string;
  grade: number;
  /** What the grader did to the sample. */
  kind: string;
  /** Not clamped. */
  score: number;
  /** Image or patient: texts about one are drawn together where an interval is made. */
  cluster?: string | undefined;
}

export interface RewardReport extends RewardModelReport {
  rows: number;
  tau: number;
  /** What τ lets through of the calibration texts: share that is right, and share of the right ones. */
  precision: number;
  recall: number;
  /** False where no threshold reaches the precision asked for, and τ is where it is best. */
  reached: boolean;
  /** Calibration texts that τ lets through. */
  accepted: number;
  /** 95 %, over the images; null where resamples do not vary. */
  intervals: Record<'spearman' | 'pairwiseAccuracy', Interval | null>;
  /** Share of right texts by score, on the calibration texts. */
  reliability: ReliabilityBin[];
}

/** Error and rank figures are of raw scores; threshold and reliability of clamped ones, as the filter uses them. */
export function heldOutReport(
  scores: readonly HeldOutScore[],
  { threshold, calibration }: Pick<Config['filter'], 'threshold' | 'calibration'>,
): RewardReport {
  const rows: ScoredRow[] = scores
    .filter(({ kind }) => calibration === 'all' || kind === 'original' || kind === 'mismatch')
    .map(({ score, grade }) => ({ score: clampScore(score), positive: grade >= 6 }));
  const found =
    typeof threshold === 'number'
      ? { ...kept(rows, threshold), tau: threshold, reached: true }
      : thresholdForPrecision(rows, threshold.precision, {
          prior: threshold.prior,
          minAccepted: threshold.minAccepted,
        });
  const { tau, precision, recall, reached, accepted } = found;
  const figures = rewardModelReport(scores.map(({ score, grade, sampleId }) => ({ score, grade, group: sampleId })));
  const reliability = reliabilityTable(rows);
  const intervals = intervalsOf(scores);
  return { ...figures, rows: scores.length, tau, precision, recall, reached, accepted, intervals, reliability };
}

const clustersOf = (scores: readonly HeldOutScore[]): string[] =>
  scores.map(({ cluster, sampleId }) => cluster ?? sampleId);

/** Resamples of figures that rank hundreds of texts each time. */
const resamples = 500;

/** A sample that is drawn twice is two samples: its own texts are compared within each, never across. */
function intervalsOf(scores: readonly HeldOutScore[]): RewardReport['intervals'] {
  const own = scores.map(({ score, grade }) => ({ score, grade }));
  const pairwise = new Map(
    [...Map.groupBy(scores.keys(), (row) => scores[row]?.sampleId ?? '')].flatMap(([sampleId, rows]) => {
      const value = pairwiseAccuracy(rows.map((row) => own[row] as { score: number; grade: number }));
      return value === null ? [] : [[sampleId, { value, first: rows[0] as number }] as const];
    }),
  );
  const bySample = new Map([...pairwise.values()].map(({ value, first }) => [first, value]));
  const figures = (rows: Int32Array) => ({
    spearman: spearman(
      Array.from(rows, (row) => (own[row] as { score: number }).score),
      Array.from(rows, (row) => (own[row] as { grade: number }).grade),
    ),
    pairwiseAccuracy: meanOver(rows, bySample),
  });
  const clusters = clustersOf(scores);
  return bootstrapIntervals(scores.length, figures, { seed: 0, resamples, clusters, bounds: { low: -1, high: 1 } });
}

/** Each sample counts where the first of its texts was drawn. */
function meanOver(rows: Int32Array, bySample: ReadonlyMap<number, number>): number | null {
  let [total, count] = [0, 0];
  for (const row of rows) {
    const value = bySample.get(row);
    if (value === undefined) continue;
    total += value;
    count += 1;
  }
  return count === 0 ? null : total / count;
}

export interface RewardModelDifference {
  /** Rank correlation of the second less that of the first, on the same texts. */
  difference: number | null;
  /** 95 %, over the images. */
  interval: Interval | null;
}

/** @param second Scores of the other model, text by text as `first`. */
export function rewardModelDifference(
  first: readonly HeldOutScore[],
  second: readonly HeldOutScore[],
): RewardModelDifference {
  const grades = first.map(({ grade }) => grade);
  const [before, after] = [first, second].map((scores) => scores.map(({ score }) => score)) as [number[], number[]];
  const at = (values: readonly number[], rows: Int32Array) => Array.from(rows, (row) => values[row] as number);
  const differenceOf = (rows: Int32Array): number | null => {
    const own = at(grades, rows);
    const [was, is] = [spearman(at(before, rows), own), spearman(at(after, rows), own)];
    return was === null || is === null ? null : is - was;
  };
  const { difference } = bootstrapIntervals(first.length, (rows) => ({ difference: differenceOf(rows) }), {
    seed: 0,
    resamples,
    clusters: clustersOf(first),
    bounds: { low: -2, high: 2 },
  });
  return { difference: differenceOf(Int32Array.from(first.keys())), interval: difference };
}

function kept(rows: readonly ScoredRow[], tau: number): { precision: number; recall: number; accepted: number } {
  const above = rows.filter(({ score }) => score > tau);
  const right = above.filter(({ positive }) => positive).length;
  const positives = rows.filter(({ positive }) => positive).length;
  return {
    precision: above.length === 0 ? 0 : right / above.length,
    recall: positives === 0 ? 0 : right / positives,
    accepted: above.length,
  };
}
