/** What a reply makes of its task: samples, or why there are none. The same for a reply that just came and one from the cache. */
import { parseReplies, type DropReason, type ParsedReply } from '../prompts/parse.js';
import { contextTold } from '../prompts/context-told.js';
import type { ReplyRepair } from '../prompts/replies/reply-repairs.js';
import type { ProviderCallError } from '../providers/call-error.js';
import type { ProviderReply } from '../providers/provider.js';
import type { Sample } from '../sample.js';
import {
  longerRequest,
  sampleId,
  typesOf,
  type GenerationTask,
  type PreparedRequest,
} from './asking/generation-request.js';
import { withoutText } from './asking/egress-consent.js';
import type { TaskDropReason } from './generation-progress.js';
import type { Performance } from './generation-run.js';
import type { CachedReply } from './replies/reply-cache.js';

export interface DroppedTask {
  /** What the sample's id would have been. */
  taskId: string;
  task: GenerationTask;
  reason: TaskDropReason;
  detail: string;
}

export type Outcome = { sample: Sample; repairs: readonly ReplyRepair[] } | { dropped: DroppedTask };
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
export function judge(outcomes: readonly Outcome[], isNew: boolean, { useless, breaker, stop }: Performance): void {
  const [first] = outcomes;
  if (first === undefined || !('dropped' in first) || outcomes.some((one) => 'sample' in one)) {
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
  const { task, maxOutputTokens } = request;
  const { maxReplyCharacters: maxCharacters = charactersPerToken * maxOutputTokens } = run;
  // Some servers call it a stop when a model has thought up to its limit.
  const spentAll = reply.finish === 'empty' && (reply.usage?.outputTokens ?? 0) >= maxOutputTokens;
  const finish = spentAll ? 'max-tokens' : reply.finish;
  const parsed = parseReplies(reply.text, typesOf(task), { finish, why: reply.why, maxCharacters });
  return parsed.map((one, place) => outcomeOf(request, reply, one, { place, cycle: run.cycle }));
}

function outcomeOf(
  request: PreparedRequest,
  { provider, model, modelVersion }: CachedReply,
  parsed: ParsedReply,
  { place, cycle }: { place: number; cycle: number },
): Outcome {
  const { strategy, image, imageHash, modality } = request.task;
  const id = sampleId(request, place);
  const dropped = (reason: TaskDropReason, detail: string): Outcome => {
    return { dropped: { taskId: id, task: withoutText(request.task), reason, detail } };
  };
  if (!parsed.ok) return dropped(parsed.reason, parsed.detail);
  const { context } = request.task;
  const told = context === undefined ? null : contextTold(parsed.fields, context.text);
  if (told !== null) return dropped('context-told', told);
  const shown = context === undefined ? {} : { context: true as const };
  const version = modelVersion === undefined ? {} : { modelVersion };
  const provenance = { provider, model, ...version, strategy, promptHash: request.promptHash, ...shown, cycle };
  const about = { id, image, imageHash, modality };
  const sample = { ...about, ...parsed.fields, provenance, score: null, rewardModelVersion: null };
  return { sample, repairs: parsed.repairs ?? [] };
}

/** The same end for each sample that the task asked for. */
export function dropTask(request: PreparedRequest, reason: TaskDropReason, detail: string): { outcomes: Outcome[] } {
  const outcomes = typesOf(request.task).map((_, place) => ({
    dropped: { taskId: sampleId(request, place), task: withoutText(request.task), reason, detail },
  }));
  return { outcomes };
}
