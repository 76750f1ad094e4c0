/** Rewards as the papers put them together: MedGR²'s α·R_φ + β·1[match], and the rule rewards of MedVLM-R1 and Med-R1. */
import type { ResponseFormat } from './response-format.js';
import {
  accuracyReward,
  answerMatch,
  formatReward,
  rewardModelScore,
  type RewardScale,
  type RuleReading,
} from './ready-made-rewards.js';
import type { Paper } from './published-reading.js';
import type { Reward } from './reward.js';

/** The weights of MedGR² eq. 3. */
export interface CompositeOptions {
  /** Weight of R_φ; the paper has 0.8. */
  alpha: number;
  /** Weight of the matching answer; the paper has 0.2. */
  beta: number;
  scale: RewardScale;
}

/**
 * MedGR² eq. 3: r(a') = α·R_φ(I, q, a') + β·1[extract(a') = extract(a)].
 * @returns Two rewards, `rewardModel` and `answerMatch`; the first needs a job with a reward model.
 * @example
 * compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'unit' }).map(({ name, weight }) => [name, weight]); // →
 * [['rewardModel', 0.8], ['answerMatch', 0.2]]
 */
export function compositeRewards({ alpha, beta, scale }: CompositeOptions): Reward[] {
  return [rewardModelScore({ weight: alpha, scale }), answerMatch({ weight: beta })];
}

/** Whose rules, and in which form a response must be. */
export interface RuleOptions {
  paper: Paper;
  format: ResponseFormat;
  reading?: RuleReading | undefined;
}

/**
 * Format and accuracy rewards of MedVLM-R1 or Med-R1, summed with equal weight as both papers do.
 * @example
 * ruleRewards({ paper: 'med-r1', format: 'think-answer' }).map(({ name }) => name); // → ['format', 'accuracy']
 */
export function ruleRewards({ paper, format, reading }: RuleOptions): Reward[] {
  return [formatReward({ format, reading }), accuracyReward({ paper, reading })];
}
