/** Has the policy come to harm? Detectors on its answers to the gold set and on its GRPO. Pure. */
import { fixed, percent, signedPoints } from '../../format.js';
import { bootstrapIntervals } from '../../evaluation/bootstrap.js';
import type { PairedDifference } from '../../evaluation/paired-difference.js';
import type { Found } from './alarm.js';
import type { GoldFigures } from './gold-figures.js';

/** Shares and ratios from which it is said; set before bench:guards was first run. */
export const limits = {
  unread: 0.1,
  /** Fewest unread answers that say anything: any policy slips once or twice, and of eight questions one is more than a tenth. */
  fewestUnread: 3,
  deadGroups: 0.9,
  /** Entropy of GRPO's last steps as a share of its first ones'. */
  entropy: 0.1,
  /** Length after GRPO as a multiple of that before. */
  longer: 1.75,
  shorter: 0.4,
  /** p of fewer right answers, one-sided, that is enough where R_φ is the more content. */
  fallen: 0.1,
} as const;

export function unreadAnswers(who: string, { n, unparsed }: Pick<GoldFigures, 'n' | 'unparsed'>): Found {
  if (n === 0 || unparsed < limits.fewestUnread || unparsed / n < limits.unread) return null;
  return {
    guard: 'unread',
    message: `no answer can be read in ${unparsed} of ${n} completions of ${who} on the gold set`,
    figures: { unparsed, n },
  };
}

export interface RewardGain {
  /** R_φ's scores of each question's answer before and after, question by question. */
  before: readonly (number | null)[];
  after: readonly (number | null)[];
  clusters: readonly string[];
  /** Right answers on the same questions. */
  answers: PairedDifference;
}

/** Goodhart: what is paid goes up, what is wanted goes down. */
export function overOptimised({ before, after, clusters, answers }: RewardGain): Found {
  const both = before.flatMap((was, at) => {
    const is = after[at] ?? null;
    return was === null || is === null ? [] : [{ gain: is - was, cluster: clusters[at] ?? String(at) }];
  });
  if (both.length === 0) return null;
  const { gain } = bootstrapIntervals(both.length, (rows) => ({ gain: meanOver(both, rows) }), {
    seed: 0,
    clusters: both.map(({ cluster }) => cluster),
    bounds: { low: -Infinity, high: Infinity },
  });
  const { difference, pValue } = answers;
  const mean = meanOver(both, Int32Array.from(both.keys())) ?? 0;
  // Where every answer gained the same, nothing varies, and nothing is surer.
  const low = gain?.low ?? mean;
  if (low <= 0 || difference >= 0 || pValue / 2 > limits.fallen) return null;
  return {
    guard: 'overOptimisation',
    message:
      `after GRPO the reward model likes the policy's answers to the gold set better (by ${fixed(mean, 2)} on average) and fewer are right ` +
      `(${signedPoints(difference)} points): it is being exploited`,
    figures: { rewardGain: mean, rewardGainLow: low, accuracyDifference: difference, pValue },
  };
}

function meanOver(values: readonly { gain: number }[], rows: Int32Array): number | null {
  if (rows.length === 0) return null;
  let total = 0;
  for (const row of rows) total += (values[row] as { gain: number }).gain;
  return total / rows.length;
}

/** What GRPO told of itself; null where it told nothing. */
export interface GrpoCourse {
  /** Share of groups whose completions all got the same reward. */
  deadGroups: number | null;
  /** Mean entropy over the first and the last quarter of its steps. */
  entropy: { first: number; last: number } | null;
}

export function collapsed(
  { deadGroups, entropy }: GrpoCourse,
  before: Pick<GoldFigures, 'characters'> | null,
  after: Pick<GoldFigures, 'characters'> | null,
): Found[] {
  return [deadGroupsFound(deadGroups), entropyFound(entropy), lengthFound(before, after)];
}

function deadGroupsFound(share: number | null): Found {
  if (share === null || share < limits.deadGroups) return null;
  return {
    guard: 'collapse',
    message: `GRPO learned little or nothing: in ${percent(share)} of its groups all completions had the same reward`,
    figures: { deadGroups: share },
  };
}

function entropyFound(entropy: GrpoCourse['entropy']): Found {
  if (entropy === null || entropy.first <= 0 || entropy.last / entropy.first >= limits.entropy) return null;
  return {
    guard: 'collapse',
    message: `the policy tries nothing new any more: the entropy of its completions fell from ${fixed(entropy.first, 3)} to ${fixed(entropy.last, 3)} during GRPO`,
    figures: { entropyFirst: entropy.first, entropyLast: entropy.last },
  };
}

function lengthFound(
  before: Pick<GoldFigures, 'characters'> | null,
  after: Pick<GoldFigures, 'characters'> | null,
): Found {
  if (before === null || after === null || before.characters === 0) return null;
  const ratio = after.characters / before.characters;
  if (ratio < limits.longer && ratio > limits.shorter) return null;
  return {
    guard: 'collapse',
    message: `GRPO made the policy's completions ${ratio >= 1 ? 'longer' : 'shorter'}: ${fixed(before.characters, 0)} characters on average before, ${fixed(after.characters, 0)} after`,
    figures: { before: before.characters, after: after.characters },
  };
}
