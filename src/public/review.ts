/** `medgr2/review`: which samples an expert is asked about, what was said, and what that says of the rest. */
import '../bridge/environment/refuse-old-node.js';
export { reviewQueue } from '../loop/review/review-queue.js';
export type { QueueOptions, ReviewQueue } from '../loop/review/review-queue.js';
export { reviewSummary } from '../loop/review/review-summary.js';
export type { ReviewSummary } from '../loop/review/review-summary.js';
export { openVerdicts, readVerdicts } from '../loop/review/verdict-file.js';
export type { NewVerdict, ReadVerdicts, VerdictFile } from '../loop/review/verdict-file.js';
export type { Undo, Verdict, VerdictKind, VerdictLine } from '../evaluation/verdicts/verdict.js';
