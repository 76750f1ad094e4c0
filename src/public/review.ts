/** `medgr2/review`: which samples an expert is asked about, what was said, and what that says of the rest. */
import '../bridge/environment/refuse-old-node.js';
export { applyVerdicts } from '../loop/review/apply-verdicts.js';
export type { RefusedSample, VerdictLessons } from '../loop/review/verdict-lessons.js';
export { reviewQueue } from '../loop/review/review-queue.js';
export type { QueueOptions, ReviewQueue } from '../loop/review/review-queue.js';
export { reviewSummary } from '../loop/review/review-summary.js';
export type { ReviewSummary } from '../loop/review/review-summary.js';
export { openVerdicts, readVerdicts } from '../loop/review/verdict-file.js';
export type { NewVerdict, ReadVerdicts, VerdictFile } from '../loop/review/verdict-file.js';
export type { Undo, Verdict, VerdictKind, VerdictLine } from '../evaluation/verdicts/reader-verdict.js';
export { exportReview, importReview } from '../review/exchange/exchange-review.js';
export type { ExchangeFormat, ReviewExported, ReviewImported } from '../review/exchange/exchange-review.js';
export { openDesk } from '../review/review-desk.js';
export type { DeskOptions, ReviewDesk } from '../review/review-desk.js';
export { serveReview } from '../review/serve-review.js';
export type { ReviewServer, ServeOptions } from '../review/serve-review.js';
export type {
  DisputedReply,
  Progress,
  QueueReply,
  ReviewItem,
  Session,
  UndoReply,
  UndoRequest,
  VerdictReply,
  VerdictRequest,
} from '../review/review-messages.js';
