/**
 * Asks again, in later passes, what an outage left unanswered.
 * All tasks once, and then again those that were not answered for a reason that may pass: an outage of some minutes loses
 * nothing. What is still missing in the end is told; it is never a task that quietly ended without a sample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { PausedError, ProviderError } from '../errors.js';
import type { ProviderCallError } from '../providers/call-error.js';
import type { GenerateOptions } from './generation-options.js';
import { dropTask, performRequest, type Outcome, type Performance } from './one-task.js';
import { chooseExemplars, prepareRequest, type PreparedRequest } from './asking/generation-request.js';

/** Tasks without an answer, by their place among all, each with why. */
export type Unanswered = Map<number, ProviderCallError>;

export interface PassHooks {
  /** How a task ended. */
  settle: (index: number, outcomes: readonly Outcome[]) => void;
  /** What a person should know while it waits. */
  notice: (message: string) => void;
}

const defaultWaits = [15_000, 30_000, 60_000];

/**
 * Resolves with the tasks that did not end. Never rejects: a generation that was told to stop knows why.
 */
export async function performAll(options: GenerateOptions, run: Performance, hooks: PassHooks): Promise<Unanswered> {
  const { breaker, stop } = run;
  const waits = options.waitsMs ?? defaultWaits;
  const prepare = preparer(options, run, hooks);
  let missing = await performPass([...options.tasks.keys()], prepare, options, run, hooks);
  try {
    for (let round = 0; breaker.everAnswered && !stop.signal.aborted; round++) {
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
      const left = await performPass([...missing.keys()], prepare, options, run, hooks);
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

/** What a task asks; null for one that stands twice, which is settled. */
type Prepare = (index: number) => PreparedRequest | null;

function preparer(
  { tasks, exemplars = [], exemplarsPerPrompt = 3 }: GenerateOptions,
  { parameters }: Performance,
  { settle }: PassHooks,
): Prepare {
  const exemplarsFor = chooseExemplars(exemplars, exemplarsPerPrompt);
  const first = new Map<string, number>();
  return (index) => {
    const task = tasks[index];
    if (task === undefined) return null;
    const request = prepareRequest(task, exemplarsFor(task), parameters);
    const place = first.get(request.key) ?? index;
    first.set(request.key, place);
    if (place === index) return request;
    settle(index, dropTask(request, 'duplicate-task', 'The same request stands earlier among the tasks.').outcomes);
    return null;
  };
}

async function performPass(
  indexes: readonly number[],
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
export function incomplete(missing: Unanswered, total: number): ProviderError | PausedError {
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
    `Generation is not complete: ${missing.size} of ${total} requests were not answered. Last: ${last?.message ?? ''}`,
    {
      cause: last,
      where: last?.where,
      remedy:
        `${advice}Then give the same command again: the replies that came are kept, only the missing ones are asked for. ` +
        'To go on without them, say what share may be missing with generation.maxUnanswered.',
    },
  );
}
