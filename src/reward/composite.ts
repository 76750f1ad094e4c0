/** The rewards of the papers, ready made: MedGR²'s α·R_φ + β·1[match] and the rule rewards of MedVLM-R1 and Med-R1. */
import { RewardError } from '../errors.js';
import { medR1Accuracy, medVlmR1Accuracy } from './accuracy.js';
import { isCorrect } from './extract.js';
import { formatReward, type ResponseFormat } from './format.js';
import type { Reward, RewardItem } from './reward.js';

/** R_φ's range (MedGR² section 3). */
export const lowestGrade = -6;
export const highestGrade = 10;

/** `unit` maps [-6, 10] to [0, 1] so that the indicator is not lost beside R_φ; `raw` is equation 3 as printed. */
export type RewardScale = 'unit' | 'raw';

/** Into [-6, 10]. For use of a score only: training's loss sees raw values. Not a number stays not a number. */
export function clampScore(score: number): number {
  return Math.min(highestGrade, Math.max(lowestGrade, score));
}

/** A reward-model score on the given scale, clamped first. */
export function scaleScore(score: number, scale: RewardScale): number {
  const clamped = clampScore(score);
  return scale === 'raw' ? clamped : (clamped - lowestGrade) / (highestGrade - lowestGrade);
}

export interface CompositeOptions {
  /** Weight of R_φ; the paper has 0.8. */
  alpha: number;
  /** Weight of the matching answer; the paper has 0.2. */
  beta: number;
  scale: RewardScale;
}

/** MedGR² eq. 3: r(a') = α·R_φ(I, q, a') + β·1[extract(a') = extract(a)]. */
export function compositeRewards({ alpha, beta, scale }: CompositeOptions): Reward[] {
  return [
    { name: 'rewardModel', weight: alpha, score: (batch) => batch.map((item) => scaleScore(modelScore(item), scale)) },
    {
      name: 'answerMatch',
      weight: beta,
      score: each(({ completion, sample }) => (isCorrect(completion, sample) ? 1 : 0)),
    },
  ];
}

export interface RuleOptions {
  paper: 'medvlm-r1' | 'med-r1';
  format: ResponseFormat;
}

/** Format and accuracy rewards, summed with equal weight as both papers do. */
export function ruleRewards({ paper, format }: RuleOptions): Reward[] {
  const accuracy = paper === 'medvlm-r1' ? medVlmR1Accuracy : medR1Accuracy;
  return [
    { name: 'format', weight: 1, score: each(({ completion }) => formatReward(completion, format)) },
    { name: 'accuracy', weight: 1, score: each(({ completion, sample }) => accuracy(completion, sample)) },
  ];
}

function each(judge: (item: RewardItem) => number): Reward['score'] {
  return (batch) => batch.map((item) => judge(item));
}

function modelScore({ rewardModelScore, sample }: RewardItem): number {
  if (rewardModelScore !== null && Number.isFinite(rewardModelScore)) return rewardModelScore;
  throw new RewardError(
    'reward-model-score-missing',
    `The reward model gave no number for a completion of ${sample.id}.`,
    {
      where: sample.id,
      remedy: 'Give the GRPO job a reward model, and check it for NaN weights if it has one.',
    },
  );
}
