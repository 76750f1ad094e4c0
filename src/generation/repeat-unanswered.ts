/**
 * Asks again, in later passes, what an outage left unanswered.
 * All tasks once, and then again those that were not answered for a reason that may pass: an outage of some minutes loses
 * nothing. What is still missing in the end is told; it is never a task that quietly ended without a sample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { PausedError, ProviderError } from '../errors.js';
import type { ProviderCallError } from '../providers/call-error.js';
import type { TaskList } from './asking/generation-request.js';
import type { GenerateOptions } from './generation-options.js';
import { performByBatch } from './batches/batch-pass.js';
import type { Performance } from './generation-run.js';
import { performRequest } from './one-task.js';
import { createKeyTable } from './replies/key-table.js';
import { workNames, type AskingSection } from './inquiries/asking-section.js';
import { preparer, type PassHooks, type Prepare, type Unanswered } from './prepare-tasks.js';
import { dropTask } from './task-outcome.js';

const defaultWaits = [15_000, 30_000, 60_000];

/**
 * Resolves with the tasks that did not end. Never rejects: a generation that was told to stop knows why.
 */
export async function performAll(options: GenerateOptions, run: Performance, hooks: PassHooks): Promise<Unanswered> {
  const { breaker, stop } = run;
  const waits = options.waitsMs ?? defaultWaits;
  using first = createKeyTable(`${run.cache.path}.tasks`);
  const prepare = preparer(options, run, hooks, first);
  const { batches } = run;
  const isBatched = batches?.asks === true;
  const perform = (indexes: Iterable<number>): Promise<Unanswered> =>
    isBatched
      ? performByBatch(indexes, prepare, { ...run, batches }, hooks)
      : performPass(indexes, prepare, options, run, hooks);
  // What was begun is paid for: it is collected also where nothing more is to be asked in batches.
  if (batches !== null && !isBatched) await performByBatch([], prepare, { ...run, batches }, hooks);
  // A batch may run out of time before anything was answered.
  const isWorthwhile = (): boolean => !stop.signal.aborted && (isBatched || breaker.everAnswered);
  let missing = await perform(placesOf(options.tasks));
  try {
    for (let round = 0; isWorthwhile(); round++) {
      const wait = waits[round];
      const hopeful = [...missing.values()].filter((error) => mayPass(error, run));
      if (wait === undefined || hopeful.length === 0 || isUsedUp(missing)) break;
      const pause = Math.max(wait, ...hopeful.slice(-1).map(({ retryAfterMs = 0 }) => retryAfterMs));
      const of = `${missing.size} of ${options.tasks.length} requests`;
      hooks.notice(
        `${of} were not answered and are asked again in ${Math.ceil(pause / 1000)} s: ${lastOf(missing)?.message}`,
      );
      await sleep(pause, undefined, { signal: stop.signal });
      breaker.close();
      const left = await perform([...missing.keys()]);
      // As long as answers come, the provider is there.
      if (left.size < missing.size) round = -1;
      missing = left;
    }
  } catch (thrown) {
    stop.halt(thrown);
  }
  const { tasks, maxUnanswered = 0 } = options;
  if (stop.signal.aborted || missing.size > maxUnanswered * tasks.length) return missing;
  for (const [index, error] of missing) {
    const request = prepare(index);
    if (request !== null) hooks.settle(index, dropTask(request, 'request-failed', error.message).outcomes);
  }
  return new Map();
}

/** A provider that asks for a wait of hours is not waited for. */
const mayPass = (error: ProviderCallError, { retry }: Performance): boolean =>
  error.retryable && (error.retryAfterMs ?? 0) <= retry.longestWaitMs;

const isUsedUp = (missing: Unanswered): boolean => [...missing.values()].some((error) => error.isUsedUp);

const lastOf = (missing: Unanswered): ProviderCallError | undefined => [...missing.values()].at(-1);

function* placesOf({ length }: TaskList): Generator<number> {
  for (let index = 0; index < length; index++) yield index;
}

async function performPass(
  indexes: Iterable<number>,
  prepare: Prepare,
  { concurrency = 8 }: GenerateOptions,
  run: Performance,
  { settle }: PassHooks,
): Promise<Unanswered> {
  const { breaker, stop } = run;
  const missing: Unanswered = new Map();
  const queue = new PQueue({ concurrency });
  stop.signal.addEventListener('abort', () => queue.clear(), { once: true });
  const perform = async (index: number): Promise<void> => {
    if (breaker.isOpen && breaker.last !== null) return void missing.set(index, breaker.last);
    const request = prepare(index);
    if (request === null) return;
    const outcome = await performRequest(request, run);
    if ('unanswered' in outcome) missing.set(index, outcome.unanswered);
    else settle(index, outcome.outcomes);
  };
  try {
    for (const index of indexes) {
      // Only tasks that run soon are in the queue, so that memory does not grow with those that wait.
      await queue.onSizeLessThan(concurrency);
      if (stop.signal.aborted) break;
      queue.add(() => perform(index)).catch((thrown: unknown) => stop.halt(thrown));
    }
  } catch (thrown) {
    stop.halt(thrown);
  }
  await queue.onIdle();
  return missing;
}

/** The error that keeps the stage open. @param total All tasks. */
export function incomplete(missing: Unanswered, total: number, section: AskingSection): ProviderError | PausedError {
  const last = lastOf(missing);
  const usedUp = [...missing.values()].find((error) => error.isUsedUp);
  if (usedUp !== undefined)
    return new PausedError(
      'quota-used-up',
      `paused: ${missing.size} of ${total} requests were not answered. ${usedUp.message}`,
      { cause: usedUp, where: usedUp.where, remedy: `${usedUp.remedy ?? ''} The replies that came are kept.`.trim() },
    );
  const advice = last?.remedy === undefined ? '' : `${last.remedy} `;
  return new ProviderError(
    'requests-unanswered',
    `${workNames[section]} is not complete: ${missing.size} of ${total} requests were not answered. Last: ${last?.message ?? ''}`,
    {
      cause: last,
      where: last?.where,
      remedy:
        `${advice}Then give the same command again: the replies that came are kept, only the missing ones are asked for. ` +
        `To go on without them, say what share may be missing with ${section}.maxUnanswered.`,
    },
  );
}
