/** One task from request to outcome: cache or provider, then the parser; a blocked or truncated reply ends here with its reason. */
import { resolve } from 'node:path';
import { DataError } from '../errors.js';
import { parseReplies, replySchemaOf, type DropReason, type ParsedReply } from '../prompts/parse.js';
import type { ReplyRepair } from '../prompts/replies/reply-repairs.js';
import { ProviderCallError } from '../providers/call-error.js';
import type { Provider, ProviderReply } from '../providers/provider.js';
import type { Sample } from '../sample.js';
import type { Breaker } from './asking/provider-breaker.js';
import type { Budget } from './cost/cost-budget.js';
import { withoutText, type Consent } from './asking/egress-consent.js';
import { contextTold } from '../prompts/context-told.js';
import type { Gate, Pass } from './asking/rate-limit.js';
import { readImageFile } from './asking/image-to-send.js';
import type { ProgressTracker, TaskDropReason } from './generation-progress.js';
import type { CachedReply, ReplyCache } from './replies/reply-cache.js';
import {
  longerRequest,
  sampleId,
  typesOf,
  type GenerationTask,
  type PreparedRequest,
  type RequestParameters,
} from './asking/generation-request.js';
import { callWithRetry, type RetryOptions } from './asking/retry-request.js';
import type { Stop } from './stop-generation.js';
import type { UselessWatch } from './replies/useless-replies.js';
import type { VersionWatch } from './replies/model-version.js';

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

export interface Performance {
  provider: Provider;
  cache: ReplyCache;
  cycle: number;
  root: string;
  parameters: RequestParameters;
  /** Of a second request, where the first reply was cut off; 0 asks for none. */
  truncatedRetryTokens: number;
  /** Longest reply taken; 8 for each token that was asked for when left out. */
  maxReplyCharacters: number | undefined;
  /** Replies that were cut off, and are looked up again when their second request is repeated: counted once. */
  counted: Set<string>;
  retry: RetryOptions;
  gate: Gate;
  budget: Budget;
  consent: Consent;
  breaker: Breaker;
  useless: UselessWatch;
  versions: VersionWatch;
  progress: ProgressTracker;
  stop: Stop;
}

/** A token of text has about four characters; long words and indents have more. */
const charactersPerToken = 8;

/** Rejects only when the whole generation must stop; what concerns this task alone is an outcome. */
export async function performRequest(request: PreparedRequest, run: Performance): Promise<Ended> {
  const first = await performOnce(request, run);
  const { truncatedRetryTokens: tokens, parameters } = run;
  const isCut = isDropped(first, 'truncated');
  let last = first;
  const longest = tokens * typesOf(request.task).length;
  if (isCut && longest > request.maxOutputTokens) {
    run.counted.add(request.key);
    const second = await performOnce(longerRequest(request, longest, parameters), run);
    // A model that cannot write so much refuses the request: then the first reply is what there is.
    last = isDropped(second, 'request-failed') ? first : { ...second, isNew: first.isNew || second.isNew };
  }
  judge(last, run);
  return last.ended;
}

const isDropped = ({ ended }: Performed, reason: TaskDropReason): boolean =>
  'outcomes' in ended && ended.outcomes.every((one) => 'dropped' in one && one.dropped.reason === reason);

interface Performed {
  ended: Ended;
  /** Whether a reply was paid for in this call. */
  isNew: boolean;
}

async function performOnce(request: PreparedRequest, run: Performance): Promise<Performed> {
  const cached = run.cache.get(request.key);
  if (cached !== undefined) {
    if (!run.counted.has(request.key)) run.progress.addCached(cached.usage);
    return { ended: { outcomes: outcomesOf(request, cached, run) }, isNew: false };
  }
  const withheld = run.consent.withhold(request.task);
  if (withheld !== null) return { ended: dropTask(request, 'not-deidentified', withheld), isNew: false };
  try {
    return { ended: { outcomes: outcomesOf(request, await ask(request, run), run) }, isNew: true };
  } catch (thrown) {
    if (run.stop.signal.aborted) throw run.stop.reason();
    if (thrown instanceof ProviderCallError) {
      const ended = thrown.isOfRequest ? dropTask(request, 'request-failed', thrown.message) : { unanswered: thrown };
      return { ended, isNew: false };
    }
    if (thrown instanceof DataError && thrown.code === 'image-unusable') {
      const detail = `${thrown.message} ${thrown.where ?? ''}`.trim();
      return { ended: dropTask(request, 'image-unusable', detail), isNew: false };
    }
    throw thrown;
  }
}

async function ask(request: PreparedRequest, run: Performance): Promise<CachedReply> {
  const { provider, breaker, progress, stop, parameters, versions } = run;
  const { task, system, prompt, imageAt, promptHash, key, maxOutputTokens } = request;
  const image = await readImageFile(resolve(run.root, task.image), task.imageHash);
  const { temperature } = parameters;
  const responseSchema = replySchemaOf(typesOf(task).length);
  const call = async (attempt: number): Promise<CachedReply> => {
    if (attempt > 1) progress.add('retries');
    const content = { image, system, prompt, imageAt, responseSchema };
    const reply = await admitted(run, request, attempt, () =>
      provider.complete({ ...content, temperature, maxOutputTokens, signal: stop.signal }),
    );
    const identity = { provider: provider.name, model: provider.model, imageHash: task.imageHash, promptHash };
    const entry = { ...reply, ...identity, key };
    // Written before anything else can go wrong: from here on the reply is never asked for again.
    run.cache.put(entry);
    breaker.answered();
    versions.answered(reply.modelVersion);
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
  { task, key, maxOutputTokens }: PreparedRequest,
  attempt: number,
  send: () => Promise<ProviderReply>,
): Promise<ProviderReply> {
  const reserve = await budget.enter(maxOutputTokens);
  let pass: Pass;
  try {
    pass = await gate.enter(stop.signal);
  } catch (aborted) {
    budget.leave(reserve, null, 'failed');
    throw aborted;
  }
  try {
    consent.record(task, key, attempt);
    const reply = await send();
    budget.leave(reserve, reply.usage, 'answered');
    pass.answered(reply.usage);
    return reply;
  } catch (thrown) {
    budget.leave(reserve, null, 'failed');
    pass.failed(thrown instanceof ProviderCallError ? thrown : null);
    throw thrown;
  }
}

/** A useless reply was paid for like any other: too many of them stop the generation. One sample of several is use enough. */
function judge({ ended, isNew }: Performed, { useless, breaker, stop }: Performance): void {
  if ('unanswered' in ended) return;
  const [first] = ended.outcomes;
  if (first === undefined || !('dropped' in first) || ended.outcomes.some((one) => 'sample' in one)) {
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

function outcomesOf(request: PreparedRequest, reply: CachedReply, run: Performance): Outcome[] {
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
  const version = modelVersion === undefined ? {} : { modelVersion };
  const shown = context === undefined ? {} : { context: true as const };
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
