/** `medgr2/report`: what a run left: its page, its model to hand on, and the forms of the files in its folder. */
import '../bridge/environment/refuse-old-node.js';

export { writeReport } from '../report/write-report.js';
export type { ReportOptions, ReportWritten } from '../report/write-report.js';
export { mergeModel } from '../loop/merge.js';
export type { Merged, MergeRequest } from '../loop/merge.js';
export { modelCard } from '../loop/result/model-card.js';
export type { CardFacts } from '../loop/result/model-card.js';
export { runEventSchema, stageNames } from '../loop/run-events.js';
export { runResultSchema } from '../loop/result/run-result.js';
export { comparisonResultSchema } from '../loop/comparison/comparison-result.js';
export { pooledComparisonSchema } from '../loop/comparison/pooled-comparison.js';
