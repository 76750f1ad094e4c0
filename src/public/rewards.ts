/** `medgr2/rewards`: rewards of one's own, the ready-made ones, and the rules by which they read an answer. */
import '../bridge/environment/refuse-old-node.js';

export { medR1Accuracy, medVlmR1Accuracy } from '../reward/accuracy-rewards.js';
export { compositeRewards, ruleRewards } from '../reward/composite-rewards.js';
export type { CompositeOptions, RuleOptions } from '../reward/composite-rewards.js';
export { defineReward } from '../reward/define-reward.js';
export type { RewardDefinition } from '../reward/define-reward.js';
export { evaluateRewards } from '../reward/reward.js';
export type { Reward, RewardContext, RewardItem, ScoreContext, Scores } from '../reward/reward.js';
export {
  accuracyReward,
  answerMatch,
  formatReward,
  rewardModelScore,
  scaleScore,
} from '../reward/ready-made-rewards.js';
export type { RewardScale, RuleReading } from '../reward/ready-made-rewards.js';
export { answersMatch, extract, isCorrect } from '../reward/index.js';
export type { Extraction, Key } from '../reward/index.js';
export { readLabel } from '../reward/reading/read-label.js';
export type { Label } from '../reward/reading/read-label.js';
export { resolveOption } from '../reward/reading/resolve-answer.js';
export { formatScore, isWellFormed } from '../reward/response-format.js';
export type { ResponseFormat } from '../reward/response-format.js';
export { publishedAccuracy, publishedFormat, publishedLetter } from '../reward/published-reading.js';
export type { Paper } from '../reward/published-reading.js';
export { gradeCompletion, preferences } from '../reward/preference-pairs.js';
export type { Grade, PreferenceOptions, PreferenceRow, PreferenceSet } from '../reward/preference-pairs.js';
export { gradeSamples } from '../grading/grade-samples.js';
export type { GradedRow, GradedSet, GradeOptions } from '../grading/grade-samples.js';
export { fourGrades } from '../grading/four-grades.js';
export type {
  FourGrades,
  FourGradesOptions,
  GradedKind,
  GradedText,
  Grader,
  GradingContext,
} from '../grading/four-grades.js';
export { loadWordNet } from '../grading/wordnet.js';
export type { PartOfSpeech, Sense, Thesaurus } from '../grading/thesaurus.js';
