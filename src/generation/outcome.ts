/** What becomes of a task: a sample, a verdict on one, or why there is neither. */
import type { Verdict } from '../prompts/judging/rubric.js';
import type { ReplyRepair } from '../prompts/replies/reply-repairs.js';
import type { Sample } from '../sample.js';
import { withoutText } from './asking/egress-consent.js';
import type { GenerationTask } from './asking/generation-request.js';
import type { TaskDropReason } from './generation-progress.js';
import type { CachedReply } from './replies/reply-cache.js';

export interface DroppedTask {
  /** What the sample's id would have been; that of the sample which was to be judged. */
  taskId: string;
  task: GenerationTask;
  reason: TaskDropReason;
  detail: string;
}

/** A verdict, and who gave it. */
export interface GivenVerdict
  extends Verdict, Pick<CachedReply, 'provider' | 'model' | 'modelVersion' | 'promptHash'> {}

export type Outcome =
  | { sample: Sample; repairs: readonly ReplyRepair[] }
  | { verdict: GivenVerdict; repairs: readonly ReplyRepair[] }
  | { dropped: DroppedTask };

export const droppedFrom = (task: GenerationTask, taskId: string, reason: TaskDropReason, detail: string): Outcome => ({
  dropped: { taskId, task: withoutText(task), reason, detail },
});
