/** One task from request to outcome: cache or provider, then the parser; a blocked or truncated reply ends here with its reason. */
import { resolve } from 'node:path';
import { DataError } from '../errors.js';
import { ProviderCallError } from '../providers/call-error.js';
import type { ProviderReply } from '../providers/provider.js';
import type { PreparedRequest } from './asking/generation-request.js';
import { maskOf } from './asking/egress-consent.js';
import type { Pass } from './asking/rate-limit.js';
import { callWithRetry } from './asking/retry-request.js';
import type { Performance } from './generation-run.js';
import type { CachedReply } from './replies/reply-cache.js';
import { countUse, dropTask, isDropped, keepReply, longerFor, outcomesOf, type Ended } from './task-outcome.js';

/** Rejects only when the whole generation must stop; what concerns this task alone is an outcome. */
export async function performRequest(request: PreparedRequest, run: Performance): Promise<Ended> {
  let last = await performOnce(request, run);
  const longer = 'outcomes' in last.ended ? longerFor(request, last.ended.outcomes, run) : null;
  if (longer !== null) {
    run.counted.add(request.key);
    const second = await performOnce(longer, run);
    // A model that cannot write so much refuses the request: then the first reply is what there is.
    const isRefused = 'outcomes' in second.ended && isDropped(second.ended.outcomes, 'request-failed');
    if (!isRefused) last = { ...second, isNew: last.isNew || second.isNew };
  }
  if ('outcomes' in last.ended) countUse(last.ended.outcomes, last.isNew, run);
  return last.ended;
}

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
  const { provider, breaker, progress, stop, parameters } = run;
  const { task, system, prompt, imageAt, responseSchema, promptHash, key, maxOutputTokens } = request;
  const image = await run.readImage(resolve(run.root, task.image), task.imageHash);
  const { temperature } = parameters;
  const call = async (attempt: number): Promise<CachedReply> => {
    if (attempt > 1) progress.add('retries');
    const content = { image, system, prompt, imageAt, responseSchema };
    const reply = await admitted(run, request, attempt, () =>
      provider.complete({ ...content, temperature, maxOutputTokens, signal: stop.signal }),
    );
    return keepReply({ key, imageHash: task.imageHash, promptHash }, reply, run);
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
    consent.record({ imageHash: task.imageHash, textMaskedBy: maskOf(task) }, key, attempt);
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
