/** What tasks are asked for, samples or verdicts on samples: the only part in which writing and judging differ. */
import type { GenerationTask, PreparedRequest, RequestParameters } from '../asking/generation-request.js';
import type { CachedReply } from '../replies/reply-cache.js';
import type { Outcome } from '../outcome.js';
import type { AskingSection } from './asking-section.js';
import type { ReplyContext } from '../../prompts/parse.js';

/** How a reply came to its end, as far as reading it depends on that. */
export type ReplyEnding = Pick<ReplyContext, 'finish' | 'why' | 'maxCharacters'>;

export interface Inquiry {
  section: AskingSection;
  /** @param index Place among the tasks. */
  prepare(task: GenerationTask, index: number, parameters: RequestParameters): PreparedRequest;
  /** One outcome for each of the request's ids, and one more for each sample that nobody asked for. */
  read(request: PreparedRequest, reply: CachedReply, ending: ReplyEnding): Outcome[];
}
