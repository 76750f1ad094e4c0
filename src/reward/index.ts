/** Rewards and the answer rules they share with evaluation. */
export { medR1Accuracy, medVlmR1Accuracy } from './accuracy-rewards.js';
export { compositeRewards, ruleRewards } from './composite-rewards.js';
export type { CompositeOptions, RuleOptions } from './composite-rewards.js';
export { defineReward } from './define-reward.js';
export type { RewardDefinition } from './define-reward.js';
export { answersMatch, extract, isCorrect, judgeCompletion, resolveOption } from './reading/extract.js';
export type { Extraction, Judged } from './reading/extract.js';
export { formatScore, isWellFormed } from './response-format.js';
export type { ResponseFormat } from './response-format.js';
export { readLabel } from './reading/read-label.js';
export type { Label } from './reading/read-label.js';
export { optionLetter } from './options/answer-options.js';
export { exactMatch, publishedAccuracy, publishedFormat, publishedLetter } from './published-reading.js';
export type { Paper } from './published-reading.js';
export { gradeCompletion, preferences } from './preference-pairs.js';
export type { Grade, PreferenceOptions, PreferenceRow, PreferenceSet } from './preference-pairs.js';
export {
  accuracyReward,
  answerMatch,
  clampScore,
  formatReward,
  highestGrade,
  lowestGrade,
  rewardModelScore,
  scaleScore,
} from './ready-made-rewards.js';
export type { RewardScale, RuleReading } from './ready-made-rewards.js';
export { evaluateRewards } from './reward.js';
export type { Reward, RewardContext, RewardItem, ScoreContext, Scores } from './reward.js';
export { rougeL, tokenF1 } from './text-similarity.js';
export { normalize } from './words/normal-text.js';
