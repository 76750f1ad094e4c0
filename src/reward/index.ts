/** Rewards and the answer rules they share with evaluation. */
export { medR1Accuracy, medVlmR1Accuracy } from './accuracy.js';
export { compositeRewards, ruleRewards } from './composite.js';
export type { CompositeOptions, RuleOptions } from './composite.js';
export { defineReward } from './define.js';
export type { RewardDefinition } from './define.js';
export { answersMatch, extract, isCorrect, judgeCompletion, resolveOption } from './extract.js';
export type { Extraction, Judged } from './extract.js';
export { formatScore, isWellFormed } from './format.js';
export type { ResponseFormat } from './format.js';
export { readLabel } from './label.js';
export type { Label } from './label.js';
export { optionLetter } from './options.js';
export { exactMatch, publishedAccuracy, publishedFormat, publishedLetter } from './published.js';
export type { Paper } from './published.js';
export { gradeCompletion, preferences } from './preferences.js';
export type { Grade, PreferenceOptions, PreferenceRow, PreferenceSet } from './preferences.js';
export {
  accuracyReward,
  answerMatch,
  clampScore,
  formatReward,
  highestGrade,
  lowestGrade,
  rewardModelScore,
  scaleScore,
} from './ready-made.js';
export type { RewardScale, RuleReading } from './ready-made.js';
export { evaluateRewards } from './reward.js';
export type { Reward, RewardContext, RewardItem, ScoreContext, Scores } from './reward.js';
export { rougeL, tokenF1 } from './similarity.js';
export { normalize } from './text.js';
