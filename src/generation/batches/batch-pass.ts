/**
 * One pass over the tasks in batches: what the cache does not answer goes into files, these to the provider, and each reply
 * that comes back ends its task as one that was asked for by itself would. Batches of an earlier process are taken up first.
 */
import { resolve } from 'node:path';
import { DataError, PausedError } from '../../errors.js';
import type { BatchItem } from '../../providers/batch/batch-client.js';
import type { ProviderCallError } from '../../providers/call-error.js';
import type { PreparedRequest } from '../asking/generation-request.js';
import { maskOf } from '../asking/egress-consent.js';
import type { Reserve } from '../cost/cost-budget.js';
import type { PassHooks, Prepare, Unanswered } from '../prepare-tasks.js';
import { dropTask, keepReply } from '../task-outcome.js';
import { endTasks } from './end-tasks.js';
import { liveBatches } from './live-batches.js';
import type { BatchPerformance } from './batch-life.js';
import { openNotes, type BatchedRequest, type BatchNote } from './batch-notes.js';
import { createPart, type BatchPart } from './batch-part.js';

/** A request that is in a batch, or in the file of one. */
interface Waiting {
  request: BatchedRequest;
  reserve: Reserve;
  /** Place among the tasks; null as long as no task asked for it, which may be one of another list. */
  index: number | null;
  /** How it ended, before its task was met. */
  error: ProviderCallError | null;
}

/** Resolves with the tasks that did not end. Never rejects: a generation that was told to stop knows why. */
export async function performByBatch(
  indexes: Iterable<number>,
  prepare: Prepare,
  run: BatchPerformance,
  { settle, notice }: PassHooks,
): Promise<Unanswered> {
  const { batches, budget, cache, consent, counted, parameters, provider, stop } = run;
  const { client } = batches;
  const who = { provider: provider.name, model: provider.model };
  const limits = { requests: Math.min(batches.requests, client.limits.requests), bytes: client.limits.bytes };
  const missing: Unanswered = new Map();
  const waiting = new Map<string, Waiting>();
  const { again, known, end, take, fail } = endTasks(prepare, run, { settle, missing });
  let part: BatchPart | null = null;

  const notes = openNotes(batches.folder, who, batches.endWithProcess);
  const hooks = {
    notes,
    notice,
    ended: (key: string, item: Exclude<BatchItem, { damaged: string }>): void => {
      const found = waiting.get(key);
      if (found === undefined) return;
      const { request, reserve, index } = found;
      if ('error' in item) {
        budget.leave(reserve, null, 'failed');
        if (index === null) return void (found.error = item.error);
        waiting.delete(key);
        return fail(index, key, item.error);
      }
      waiting.delete(key);
      // Collected a second time, after a kill in between, it is there already.
      const isNew = !cache.has(key);
      budget.leave(reserve, isNew ? item.reply.usage : null, isNew ? 'answered' : 'failed');
      if (isNew) {
        keepReply(request, item.reply, run);
        counted.add(key);
      }
      if (index !== null) take(index);
    },
  };

  const live = liveBatches(run, hooks);
  const begin = async (note: BatchNote): Promise<void> => {
    const error = await live.begin(note);
    if (error !== null) giveUp(note, error);
  };
  /** For now: it is taken up again by the next pass. */
  const giveUp = (note: BatchNote, error: ProviderCallError): void => {
    for (const { key } of notes.requestsOf(note)) {
      const found = waiting.get(key);
      if (found === undefined) continue;
      budget.leave(found.reserve, null, 'failed');
      if (found.index === null) found.error = error;
      else {
        waiting.delete(key);
        missing.set(found.index, error);
      }
    }
  };
  const flush = async (): Promise<void> => {
    if (part === null) return;
    const made = part.close();
    part = null;
    await begin(made);
    while (live.size >= batches.atOnce && !stop.signal.aborted) await live.oneEnds();
  };
  /** Held back until it fits the budget. */
  const reserve = async ({ maxOutputTokens }: PreparedRequest): Promise<Reserve> => {
    for (;;) {
      const held = budget.hold(maxOutputTokens, false);
      if (!(held instanceof PausedError)) return held;
      await flush();
      if (stop.signal.aborted) throw stop.reason();
      if (live.size === 0) throw held;
      await live.oneEnds();
    }
  };
  const add = async (index: number, wanted: PreparedRequest): Promise<void> => {
    const { task, system, prompt, imageAt, responseSchema, promptHash, key, maxOutputTokens } = wanted;
    const image = await run.readImage(resolve(run.root, task.image), task.imageHash);
    const { temperature } = parameters;
    const line = client.line(key, { image, system, prompt, imageAt, responseSchema, temperature, maxOutputTokens });
    const held = await reserve(wanted);
    const request = { key, imageHash: task.imageHash, promptHash, maxOutputTokens, textMaskedBy: maskOf(task) };
    for (part ??= createPart(notes, who, limits); !part.add(request, line); part = createPart(notes, who, limits))
      await flush();
    waiting.set(key, { request, reserve: held, index, error: null });
  };
  const meet = async (index: number): Promise<void> => {
    const request = prepare(index);
    if (request === null) return;
    const { outcomes, wanted } = known(request);
    if (wanted === null) return end(index, request, outcomes, counted.has(request.key));
    const asked = waiting.get(wanted.key);
    if (asked !== undefined && asked.error === null) return void (asked.index = index);
    if (asked?.error) {
      waiting.delete(wanted.key);
      return fail(index, wanted.key, asked.error);
    }
    const withheld = consent.withhold(request.task);
    if (withheld !== null) return settle(index, dropTask(request, 'not-deidentified', withheld).outcomes);
    try {
      await add(index, wanted);
    } catch (thrown) {
      if (!(thrown instanceof DataError && thrown.code === 'image-unusable')) throw thrown;
      settle(index, dropTask(request, 'image-unusable', `${thrown.message} ${thrown.where ?? ''}`.trim()).outcomes);
    }
  };

  const held = ({ maxOutputTokens }: BatchedRequest): Reserve => {
    const taken = budget.hold(maxOutputTokens, true);
    return taken instanceof PausedError ? { cost: 0 } : taken;
  };
  try {
    for (const note of notes.open()) {
      // Its file was made under a consent for texts that is there no more: it is made anew, without them.
      const hasText = notes.requestsOf(note).some(({ textMaskedBy }) => textMaskedBy !== undefined);
      // Where requests are asked one by one by now, only what the provider may have begun is of use.
      if (note.state === 'made' && (!batches.asks || (hasText && !consent.textsMayLeave))) {
        notes.write({ ...note, state: 'ended' });
        notes.dropBody(note);
        notes.dropRequests(note);
        continue;
      }
      for (const request of notes.requestsOf(note))
        waiting.set(request.key, { request, reserve: held(request), index: null, error: null });
      await begin(note.state === 'made' ? notes.write({ ...note, uploads: note.uploads + 1 }) : note);
    }
    for (let next: Iterable<number> = indexes; ; next = again.splice(0)) {
      for (const index of next) {
        if (stop.signal.aborted) break;
        await meet(index);
      }
      if (stop.signal.aborted) break;
      await flush();
      while (live.size > 0 && !stop.signal.aborted) await live.oneEnds();
      if (again.length === 0) break;
    }
  } catch (thrown) {
    stop.halt(thrown);
  }
  if (stop.signal.aborted) await live.leaveBehind();
  return missing;
}
