/** What a reward model is worth on graded texts it never saw, and the filter's threshold τ that follows from them. Pure. */
import type { Config } from '../config/schema.js';
import type { GradedKind } from '../grading/index.js';
import { clampScore } from '../reward/ready-made-rewards.js';
import { rewardModelReport, type RewardModelReport } from './answer-metrics.js';
import { reliabilityTable, thresholdForPrecision, type ReliabilityBin, type ScoredRow } from './filter-threshold.js';

/** A held-out graded text and R_φ's raw score of it. */
export interface HeldOutScore {
  sampleId: string;
  grade: number;
  kind: GradedKind;
  /** Not clamped. */
  score: number;
}

export interface RewardReport extends RewardModelReport {
  rows: number;
  tau: number;
  /** What τ lets through of the calibration texts: share that is right, and share of the right ones. */
  precision: number;
  recall: number;
  /** False where no threshold reaches the precision asked for, and τ is where it is best. */
  reached: boolean;
  /** Share of right texts by score, on the calibration texts. */
  reliability: ReliabilityBin[];
}

/** Error and rank figures are of raw scores; threshold and reliability of clamped ones, as the filter uses them. */
export function heldOutReport(
  scores: readonly HeldOutScore[],
  { threshold, calibration }: Config['filter'],
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
  const { tau, precision, recall, reached } = found;
  const figures = rewardModelReport(scores.map(({ score, grade, sampleId }) => ({ score, grade, group: sampleId })));
  return { ...figures, rows: scores.length, tau, precision, recall, reached, reliability: reliabilityTable(rows) };
}

function kept(rows: readonly ScoredRow[], tau: number): { precision: number; recall: number } {
  const above = rows.filter(({ score }) => score > tau);
  const right = above.filter(({ positive }) => positive).length;
  const positives = rows.filter(({ positive }) => positive).length;
  return { precision: above.length === 0 ? 0 : right / above.length, recall: positives === 0 ? 0 : right / positives };
}
