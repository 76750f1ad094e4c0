/** `medgr2/evaluation`: figures of answers, of reward models and of comparisons. All pure; what is not defined is null. */
import '../bridge/environment/refuse-old-node.js';

export { answerReport } from '../evaluation/answer-report.js';
export type {
  AnswerReport,
  AnswerRow,
  EvaluationReading,
  GroupFigures,
  IntervalName,
  OpenFigures,
  ReportOptions as AnswerReportOptions,
} from '../evaluation/answer-report.js';
export { accuracyReport, rewardModelReport } from '../evaluation/answer-metrics.js';
export type {
  AccuracyCell,
  AccuracyReport,
  AnsweredItem,
  RewardModelReport,
  ScoredGrade,
} from '../evaluation/answer-metrics.js';
export { auroc, oneVsRestAuroc } from '../evaluation/auroc.js';
export type { LikelihoodRow } from '../evaluation/auroc.js';
export { bootstrapIntervals } from '../evaluation/bootstrap.js';
export type { BootstrapOptions, Interval } from '../evaluation/bootstrap.js';
export { classFigures, encodeLabels } from '../evaluation/class-metrics.js';
export type { ClassFigures, EncodedLabels } from '../evaluation/class-metrics.js';
export { mcnemar } from '../evaluation/mcnemar.js';
export type { McNemar } from '../evaluation/mcnemar.js';
export { spreadOf } from '../evaluation/seed-spread.js';
export type { Spread } from '../evaluation/seed-spread.js';
export { transitions, transitionsSchema } from '../evaluation/transitions.js';
export type { Flows, Outcome, Transitions } from '../evaluation/transitions.js';
export { bestOfK, majority, passAtK } from '../evaluation/sampled/sampled-figures.js';
export type { SampledAnswer } from '../evaluation/sampled/sampled-figures.js';
export { sampledReport } from '../evaluation/sampled/sampled-report.js';
export type { SampledOptions, SampledQuestion, SampledReport } from '../evaluation/sampled/sampled-report.js';
export { headroomOf, headroomWords } from '../evaluation/sampled/headroom-verdict.js';
export type { Headroom } from '../evaluation/sampled/headroom-verdict.js';
export { poolComparisons } from '../loop/comparison/pooled-comparison.js';
export { exactMatch } from '../reward/published-reading.js';
export { rougeL, tokenF1 } from '../reward/text-similarity.js';
