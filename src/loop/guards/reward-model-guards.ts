/** Is a reward model worth asking? Detectors on its report and on its probes. Pure. */
import { fixed, percent } from '../../format.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import { wilsonInterval } from '../../evaluation/wilson.js';
import type { ProbeFigures } from './probe-figures.js';
import type { Found } from './alarm.js';

/** What a report says of a reward model. */
export interface ReportFigures {
  /** Held-out texts that have a score. */
  rows?: number;
  spearman: number | null;
  pairwiseAccuracy: number | null;
  /** 95 %; null in reports of earlier versions, and where a figure is not defined. */
  intervals: { spearman: Interval | null; pairwiseAccuracy: Interval | null } | null;
  reached: boolean;
  /** Best that τ reaches, and on how many calibration texts. */
  precision: number;
  accepted: number | null;
  /** Precision that was asked for; null where τ is a number of the configuration. */
  wanted: number | null;
}

/** Rank correlation and share of pairs that the whole interval must lie above: hardly better than chance is of no use either. */
export const usefulFrom = { spearman: 0.1, pairwise: 0.5 } as const;

export function uselessRewardModel(report: ReportFigures): Found {
  const { spearman, pairwiseAccuracy, intervals, precision, wanted } = report;
  const figures = { spearman, pairwiseAccuracy, spearmanLow: intervals?.spearman?.low ?? null, precision, wanted };
  if (report.rows === 0)
    return {
      guard: 'uselessRewardModel',
      message:
        'no held-out text could be read by the reward model, so that nothing tells what it is worth: its scores, the filter and the rewards may mean little',
      figures,
    };
  const lowest = intervals?.spearman?.low ?? spearman;
  if (lowest === null || lowest < usefulFrom.spearman)
    return {
      guard: 'uselessRewardModel',
      message:
        `the reward model does not order held-out texts by their grades (rank correlation ${within(spearman, intervals?.spearman)}): ` +
        'its scores, the filter and the rewards mean little',
      figures,
    };
  const pairs = intervals?.pairwiseAccuracy?.low ?? pairwiseAccuracy;
  if (pairs !== null && pairs < usefulFrom.pairwise)
    return {
      guard: 'uselessRewardModel',
      message: `of two answers to one question the reward model finds the better one no more often than chance (${within(pairwiseAccuracy, intervals?.pairwiseAccuracy)} of pairs)`,
      figures,
    };
  return unreachable(report, figures);
}

/** A precision that was missed by chance is no alarm: the texts that τ lets through are few. */
function unreachable(
  { reached, precision, accepted, wanted }: ReportFigures,
  figures: NonNullable<Found>['figures'],
): Found {
  if (reached || wanted === null || accepted === null) return null;
  const best = wilsonInterval(Math.round(precision * accepted), accepted)?.high ?? 1;
  if (best >= wanted) return null;
  return {
    guard: 'uselessRewardModel',
    message: `no threshold of the reward model comes near the precision of ${percent(wanted)} that was asked for: the best is ${percent(precision)} on ${accepted} held-out texts`,
    figures,
  };
}

/** Fewest pairs of a kind that say anything. */
const fewestPairs = 10;

/** Kinds of pairs in which the reward model prefers the bad text, beyond chance: a policy will find that out. */
export function failedProbes(probes: ProbeFigures): Found {
  const failed = Object.entries(probes).filter(
    ([, { n, right }]) => n >= fewestPairs && (wilsonInterval(right, n)?.high ?? 1) < 0.5,
  );
  if (failed.length === 0) return null;
  const words = failed.map(([kind, { n, right }]) => `${kind} (the better text won in ${Math.round(right)} of ${n})`);
  return {
    guard: 'probes',
    message: `the reward model prefers the worse of two texts where they differ by: ${words.join(', ')}`,
    figures: Object.fromEntries(
      Object.entries(probes).map(([kind, { n, right }]) => [kind, n === 0 ? null : right / n]),
    ),
  };
}

const within = (value: number | null, interval: Interval | null | undefined): string =>
  value === null
    ? 'not defined'
    : `${fixed(value, 3)}${interval === null || interval === undefined ? '' : `, 95 %: ${fixed(interval.low, 3)} to ${fixed(interval.high, 3)}`}`;
