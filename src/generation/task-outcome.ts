/** What a reply makes of its task: samples, or why there are none. The same for a reply that just came and one from the cache. */
import type { DropReason } from '../prompts/parse.js';
import type { ProviderCallError } from '../providers/call-error.js';
import type { ProviderReply } from '../providers/provider.js';
import { longerRequest, typesOf, type PreparedRequest } from './asking/generation-request.js';
import type { TaskDropReason } from './generation-progress.js';
import type { Performance } from './generation-run.js';
import { droppedFrom, type Outcome } from './outcome.js';
import type { CachedReply } from './replies/reply-cache.js';

/**
 * One outcome for each sample that was asked for; or no reply came, for a reason that lies with the provider and not with
 * the request.
 */
export type Ended = { outcomes: readonly Outcome[] } | { unanswered: ProviderCallError };

/** A token of text has about four characters; long words and indents have more. */
const charactersPerToken = 8;

export const isDropped = (outcomes: readonly Outcome[], reason: TaskDropReason): boolean =>
  outcomes.every((one) => 'dropped' in one && one.dropped.reason === reason);

/** What is asked where a request's reply was cut off; null where nothing more is to be asked. */
export function longerFor(
  request: PreparedRequest,
  outcomes: readonly Outcome[],
  { truncatedRetryTokens, parameters }: Performance,
): PreparedRequest | null {
  const longest = truncatedRetryTokens * typesOf(request.task).length;
  if (longest <= request.maxOutputTokens || !isDropped(outcomes, 'truncated')) return null;
  return longerRequest(request, longest, parameters);
}

/** What a reply is filed under. */
export type ReplyAddress = Pick<CachedReply, 'key' | 'imageHash' | 'promptHash'>;

/** Files a reply that just came and counts it: from here on it is never asked for again. */
export function keepReply(address: ReplyAddress, reply: ProviderReply, run: Performance): CachedReply {
  const { provider, cache, breaker, versions, progress, budget } = run;
  const { key, imageHash, promptHash } = address;
  const entry = { ...reply, provider: provider.name, model: provider.model, imageHash, promptHash, key };
  // Written before anything else can go wrong.
  cache.put(entry);
  breaker.answered();
  versions.answered(reply.modelVersion);
  progress.addAnswered(reply.usage, budget.cost());
  return entry;
}

/** A useless reply was paid for like any other: too many of them stop the generation. One sample of several is use enough. */
export function countUse(outcomes: readonly Outcome[], isNew: boolean, { useless, breaker, stop }: Performance): void {
  const [first] = outcomes;
  if (first === undefined || !('dropped' in first) || outcomes.some((one) => !('dropped' in one))) {
    if (!isNew) return useless.wasUseful();
    breaker.useful();
    return useless.useful();
  }
  if (!isNew) return;
  const { reason, detail } = first.dropped;
  const tooMany = useless.useless(reason as DropReason, detail);
  // Where any share may be useless, they are no sign of anything.
  const hopeless = tooMany ?? (useless.neverStops ? null : breaker.useless(detail));
  if (hopeless !== null) stop.halt(hopeless);
}

export function outcomesOf(request: PreparedRequest, reply: CachedReply, run: Performance): Outcome[] {
  const { maxOutputTokens } = request;
  const { maxReplyCharacters: maxCharacters = charactersPerToken * maxOutputTokens } = run;
  // Some servers call it a stop when a model has thought up to its limit.
  const spentAll = reply.finish === 'empty' && (reply.usage?.outputTokens ?? 0) >= maxOutputTokens;
  const finish = spentAll ? 'max-tokens' : reply.finish;
  return run.inquiry.read(request, reply, { finish, why: reply.why, maxCharacters });
}

/** The same end for all that the task asked for. */
export function dropTask(request: PreparedRequest, reason: TaskDropReason, detail: string): { outcomes: Outcome[] } {
  return { outcomes: request.ids.map((id) => droppedFrom(request.task, id, reason, detail)) };
}
