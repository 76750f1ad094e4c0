/** Rewards and the answer rules they share with evaluation. */
export { medR1Accuracy, medVlmR1Accuracy } from './accuracy.js';
export { clampScore, compositeRewards, highestGrade, lowestGrade, ruleRewards, scaleScore } from './composite.js';
export type { CompositeOptions, RewardScale, RuleOptions } from './composite.js';
export { answersMatch, extract, isCorrect, resolveOption } from './extract.js';
export type { Extraction } from './extract.js';
export { formatReward, isWellFormed } from './format.js';
export type { ResponseFormat } from './format.js';
export { optionLetter } from './options.js';
export { gradeCompletion, preferences } from './preferences.js';
export type { Grade, PreferenceOptions, PreferenceRow, PreferenceSet } from './preferences.js';
export { evaluateRewards } from './reward.js';
export type { Reward, RewardContext, RewardItem } from './reward.js';
export { normalize } from './text.js';
