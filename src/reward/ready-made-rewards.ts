/** Rewards of the papers, ready made, one by one. Their compositions are in composite-rewards.ts. */
import { RewardError } from '../errors.js';
import { medR1Accuracy, medVlmR1Accuracy } from './accuracy-rewards.js';
import { defineReward } from './define-reward.js';
import { isCorrect } from './reading/extract.js';
import { formatScore, type ResponseFormat } from './response-format.js';
import { publishedAccuracy, publishedFormat, type Paper } from './published-reading.js';
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

/**
 * A reward-model score on the given scale, clamped to [-6, 10] first.
 * @example
 * [scaleScore(2, 'unit'), scaleScore(99, 'raw')]; // → [0.5, 10]
 */
export function scaleScore(score: number, scale: RewardScale): number {
  const clamped = clampScore(score);
  return scale === 'raw' ? clamped : (clamped - lowestGrade) / (highestGrade - lowestGrade);
}

/** Name and weight of a ready-made reward; the weight is 1 where it is left out. */
interface Named {
  name?: string | undefined;
  weight?: number | undefined;
}

/** `ours`: what an answer is by our reader. `published`: letter for letter what the papers' own code pays. */
export type RuleReading = 'ours' | 'published';

interface Read {
  reading?: RuleReading | undefined;
}

/** MedVLM-R1 and Med-R1: 1 for a response of the right form, else 0. */
export function formatReward({
  name = 'format',
  weight,
  format,
  reading = 'ours',
}: Named & Read & { format: ResponseFormat }): Reward {
  const score = reading === 'published' ? publishedFormat : formatScore;
  return eachReward({ name, weight, version: `format ${format} ${reading}` }, ({ completion }) =>
    score(completion, format),
  );
}

/**
 * The papers' accuracy. Med-R1: 1 for the right answer. MedVLM-R1: 1 for exactly the right answer, 0.5 where more is said
 * beside it.
 * Does not apply where no answer is trusted.
 */
export function accuracyReward({
  name = 'accuracy',
  weight,
  paper,
  reading = 'ours',
}: Named & Read & { paper: Paper }): Reward {
  const accuracy = paper === 'medvlm-r1' ? medVlmR1Accuracy : medR1Accuracy;
  return matchReward({ name, weight, version: `accuracy ${paper} ${reading}` }, ({ completion, sample }) =>
    reading === 'published' ? publishedAccuracy(paper, completion, sample) : accuracy(completion, sample),
  );
}

/**
 * The indicator of MedGR² eq. 3: 1 where the answer found in the completion is the sample's, else 0. Where no answer is
 * trusted it does not apply, which is another thing than 0: nobody knows that the completion is wrong.
 * @example
 * const sample = { id: '1', question: 'Is a nodule present?', options: ['yes', 'no'], answer: 'yes' } as Sample;
 * const items = ['A nodule is present.', 'No nodule.'].map((completion) => ({ sample, completion, rewardModelScore: null }));
 * (await evaluateRewards([answerMatch()], items))['answerMatch']; // → [1, 0]
 */
export function answerMatch({ name = 'answerMatch', weight }: Named = {}): Reward {
  return matchReward({ name, weight, version: 'match' }, ({ completion, sample }) =>
    isCorrect(completion, sample) ? 1 : 0,
  );
}

/**
 * R_φ of MedGR² eq. 3, clamped to [-6, 10] and scaled. Needs a job with a reward model.
 * @throws RewardError `reward-model-score-missing` when it is asked in a job without one.
 */
export function rewardModelScore({
  name = 'rewardModel',
  weight,
  scale = 'unit',
}: Named & { scale?: RewardScale | undefined } = {}): Reward {
  return eachReward({ name, weight, version: `grade ${scale}` }, (item) => scaleScore(modelScore(item), scale));
}

function eachReward(reward: Named & { name: string; version: string }, judge: (item: RewardItem) => number): Reward {
  return defineReward({ ...reward, score: (batch) => batch.map((item) => judge(item)) });
}

/** Compares with the sample's answer, so it applies where that may be trusted. */
function matchReward(reward: Named & { name: string; version: string }, judge: (item: RewardItem) => number): Reward {
  const score: Reward['score'] = (batch) => batch.map((item) => (item.answerTrusted === false ? null : judge(item)));
  return defineReward({ ...reward, score });
}

function modelScore({ rewardModelScore: score, sample }: RewardItem): number {
  if (score !== null && Number.isFinite(score)) return score;
  throw new RewardError(
    'reward-model-score-missing',
    `The reward model gave no number for a completion of ${sample.id}.`,
    {
      where: sample.id,
      remedy: 'Give the GRPO job a reward model, and check it for NaN weights if it has one.',
    },
  );
}
