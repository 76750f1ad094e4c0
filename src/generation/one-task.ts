/** One task from request to outcome: cache or provider, then the parser; a blocked or truncated reply ends here with its reason. */
import { resolve } from 'node:path';
import { DataError } from '../errors.js';
import { parseReply, replySchema, type DropReason } from '../prompts/parse.js';
import { ProviderCallError } from '../providers/call-error.js';
import type { Provider, ProviderReply } from '../providers/provider.js';
import type { Sample } from '../sample.js';
import type { Breaker } from './asking/provider-breaker.js';
import type { Budget } from './cost/cost-budget.js';
import type { Consent } from './asking/egress-consent.js';
import type { Gate, Pass } from './asking/rate-limit.js';
import { readImageFile } from './asking/image-to-send.js';
import type { ProgressTracker, TaskDropReason } from './generation-progress.js';
import type { CachedReply, ReplyCache } from './replies/reply-cache.js';
import type { GenerationTask, PreparedRequest } from './asking/generation-request.js';
import { callWithRetry, type RetryOptions } from './asking/retry-request.js';
import type { Stop } from './stop-generation.js';
import type { UselessWatch } from './replies/useless-replies.js';

export interface DroppedTask {
  /** What the sample's id would have been. */
  taskId: string;
  task: GenerationTask;
  reason: TaskDropReason;
  detail: string;
}

export type Outcome = { sample: Sample } | { dropped: DroppedTask };
/** No reply came, for a reason that lies with the provider and not with the request. */
export type Ended = Outcome | { unanswered: ProviderCallError };

export interface Performance {
  provider: Provider;
  cache: ReplyCache;
  cycle: number;
  root: string;
  temperature: number;
  maxOutputTokens: number;
  maxReplyCharacters: number;
  retry: RetryOptions;
  gate: Gate;
  budget: Budget;
  consent: Consent;
  breaker: Breaker;
  useless: UselessWatch;
  progress: ProgressTracker;
  stop: Stop;
}

/** Rejects only when the whole generation must stop; what concerns this task alone is an outcome. */
export async function performRequest(request: PreparedRequest, run: Performance): Promise<Ended> {
  const cached = run.cache.get(request.key);
  if (cached !== undefined) {
    run.progress.addCached(cached.usage);
    const outcome = outcomeOf(request, cached, run);
    if ('sample' in outcome) run.useless.wasUseful();
    return outcome;
  }
  const withheld = run.consent.withhold(request.task);
  if (withheld !== null) return dropTask(request, 'not-deidentified', withheld);
  try {
    const outcome = outcomeOf(request, await ask(request, run), run);
    judge(outcome, run);
    return outcome;
  } catch (thrown) {
    if (run.stop.signal.aborted) throw run.stop.reason();
    if (thrown instanceof ProviderCallError)
      return thrown.isOfRequest ? dropTask(request, 'request-failed', thrown.message) : { unanswered: thrown };
    if (thrown instanceof DataError && thrown.code === 'image-unusable') {
      return dropTask(request, 'image-unusable', `${thrown.message} ${thrown.where ?? ''}`.trim());
    }
    throw thrown;
  }
}

async function ask(request: PreparedRequest, run: Performance): Promise<CachedReply> {
  const { provider, breaker, progress, stop, temperature, maxOutputTokens } = run;
  const { task, system, prompt, promptHash, key } = request;
  const image = await readImageFile(resolve(run.root, task.image), task.imageHash);
  const call = async (attempt: number): Promise<CachedReply> => {
    if (attempt > 1) progress.add('retries');
    const content = { image, system, prompt, responseSchema: replySchema };
    const reply = await admitted(run, request, attempt, () =>
      provider.complete({ ...content, temperature, maxOutputTokens, signal: stop.signal }),
    );
    const identity = { provider: provider.name, model: provider.model, imageHash: task.imageHash, promptHash };
    const entry = { ...reply, ...identity, key };
    // Written before anything else can go wrong: from here on the reply is never asked for again.
    run.cache.put(entry);
    breaker.answered();
    progress.addAnswered(reply.usage, run.budget.cost());
    return entry;
  };
  return callWithRetry(call, run.retry, {
    signal: stop.signal,
    onFailure: (error, final) => {
      const hopeless = breaker.failed(error, final);
      if (hopeless !== null) stop.halt(hopeless);
    },
  });
}

/** One try, let through by budget and gate, and written down before it leaves this machine. */
async function admitted(
  { budget, gate, consent, stop }: Performance,
  { task, key }: PreparedRequest,
  attempt: number,
  send: () => Promise<ProviderReply>,
): Promise<ProviderReply> {
  await budget.enter();
  let pass: Pass;
  try {
    pass = await gate.enter(stop.signal);
  } catch (aborted) {
    budget.leave(null, 'failed');
    throw aborted;
  }
  try {
    consent.record(task, key, attempt);
    const reply = await send();
    budget.leave(reply.usage, 'answered');
    pass.answered(reply.usage);
    return reply;
  } catch (thrown) {
    budget.leave(null, 'failed');
    pass.failed(thrown instanceof ProviderCallError ? thrown : null);
    throw thrown;
  }
}

type ReplyOutcome = { sample: Sample } | { dropped: DroppedTask & { reason: DropReason } };

/** A useless reply was paid for like any other: too many of them stop the generation. */
function judge(outcome: ReplyOutcome, { useless, stop }: Performance): void {
  if ('sample' in outcome) return useless.useful();
  const hopeless = useless.useless(outcome.dropped.reason, outcome.dropped.detail);
  if (hopeless !== null) stop.halt(hopeless);
}

function outcomeOf(request: PreparedRequest, reply: CachedReply, run: Performance): ReplyOutcome {
  const { task, id, promptHash } = request;
  const { questionType, strategy, image, imageHash, modality } = task;
  const { maxOutputTokens, maxReplyCharacters: maxCharacters, cycle } = run;
  // Some servers call it a stop when a model has thought up to its limit.
  const spentAll = reply.finish === 'empty' && (reply.usage?.outputTokens ?? 0) >= maxOutputTokens;
  const finish = spentAll ? 'max-tokens' : reply.finish;
  const parsed = parseReply(reply.text, { questionType, finish, maxCharacters });
  if (!parsed.ok) return dropTask(request, parsed.reason, parsed.detail);
  const { provider, model } = reply;
  const provenance = { provider, model, strategy, promptHash, cycle };
  const place = { id, image, imageHash, modality };
  return { sample: { ...place, ...parsed.fields, provenance, score: null, rewardModelVersion: null } };
}

export function dropTask<Reason extends TaskDropReason>(request: PreparedRequest, reason: Reason, detail: string) {
  return { dropped: { taskId: request.id, task: request.task, reason, detail } };
}
