/** Counts what became of the tasks and tells the listener, at most ten times a second and once at the end. */
import type { DropReason } from '../prompts/parse.js';
import type { ReplyRepair } from '../prompts/replies/reply-repairs.js';
import type { Usage } from '../providers/provider.js';
import type { Sample } from '../sample.js';
import { addUsage, noUsage, type UsageSum } from './cost/prices.js';

/** Why a task ended without a sample: the reply's own reasons, and those of the request. */
export type TaskDropReason =
  | DropReason
  | 'request-failed'
  | 'image-unusable'
  | 'duplicate-task'
  | 'not-deidentified'
  | 'context-told';

export interface GenerationProgress {
  kind: 'generation-progress';
  /** Set on the last event, also when the generation was stopped. */
  final: boolean;
  total: number;
  /** Tasks that ended, one way or the other. */
  done: number;
  accepted: number;
  dropped: Partial<Record<TaskDropReason, number>>;
  /** Accepted ones whose reply had to be mended to be read, by the kind of repair; one reply may have had several. */
  repaired: Partial<Record<ReplyRepair, number>>;
  /** Requests answered by the provider in this call, and replies found in the cache instead. */
  answered: number;
  cached: number;
  /** Tries after a failed one. */
  retries: number;
  /** Tokens of the replies answered in this call (cached ones cost nothing). */
  inputTokens: number;
  outputTokens: number;
  /** Of the input, what the provider had in its cache; of the output, what the model thought. As far as it says so. */
  cachedInputTokens: number;
  thinkingTokens: number;
  /** Tokens of the replies found in the cache, which an earlier call paid for. */
  cachedUsage: UsageSum;
  /** Of the replies answered in this call, in the currency of the price file; null where price or tokens are unknown. */
  cost: number | null;
  /** At the provider: batches that are not collected yet, their requests, and how many of these it says have ended. */
  batches: BatchProgress;
  /** Answered requests a second, over the latest ten seconds or so. */
  requestsPerSecond: number;
  /** Since the start of this call. */
  seconds: number;
  /** The newest task that became a sample; null before there is one. */
  newest: Sample | null;
}

export interface BatchProgress {
  atWork: number;
  requests: number;
  ended: number;
}

/** What the replies answered in this call cost. */
export type Spent = Pick<GenerationProgress, 'answered' | 'inputTokens' | 'outputTokens' | 'cost'>;

export type GenerationEvent = GenerationProgress;

export interface ProgressTracker {
  add(counter: 'retries'): void;
  batches(now: BatchProgress): void;
  addCached(usage: Usage | null): void;
  addAnswered(usage: Usage | null, cost: number | null): void;
  /** @param sample Null where a verdict came. */
  accept(sample: Sample | null, repairs: readonly ReplyRepair[]): void;
  drop(reason: TaskDropReason): void;
  spent(): Spent;
  finish(): GenerationProgress;
}

const shortestIntervalMs = 100;

/** @param costAtFirst 0 where the price is known, else null. */
export function trackProgress(
  total: number,
  onEvent: ((event: GenerationEvent) => void) | undefined,
  costAtFirst: number | null = null,
): ProgressTracker {
  const started = performance.now();
  const counts = { total, done: 0, accepted: 0, answered: 0, cached: 0, retries: 0, inputTokens: 0, outputTokens: 0 };
  const within = { cachedInputTokens: 0, thinkingTokens: 0 };
  const cachedUsage = noUsage();
  const dropped: Partial<Record<TaskDropReason, number>> = {};
  const repaired: Partial<Record<ReplyRepair, number>> = {};
  let newest: Sample | null = null;
  let lastEvent = Number.NEGATIVE_INFINITY;
  let cost = costAtFirst;
  let batches: BatchProgress = { atWork: 0, requests: 0, ended: 0 };
  /** Time and answers so far, about one a second. */
  const marks = [{ at: started, answered: 0 }];
  const rate = (): number => {
    const [first] = marks;
    const seconds = (performance.now() - (first?.at ?? started)) / 1000;
    return seconds <= 0 ? 0 : (counts.answered - (first?.answered ?? 0)) / seconds;
  };
  const mark = (): void => {
    const at = performance.now();
    if (at - (marks.at(-1)?.at ?? 0) < 1_000) return;
    marks.push({ at, answered: counts.answered });
    if (marks.length > 10) marks.shift();
  };

  const snapshot = (final: boolean): GenerationProgress => ({
    kind: 'generation-progress',
    final,
    ...counts,
    ...within,
    dropped: { ...dropped },
    repaired: { ...repaired },
    cachedUsage: { ...cachedUsage, batch: { ...cachedUsage.batch } },
    cost,
    batches,
    requestsPerSecond: rate(),
    seconds: (performance.now() - started) / 1000,
    newest,
  });
  const changed = (): void => {
    const now = performance.now();
    if (onEvent === undefined || now - lastEvent < shortestIntervalMs) return;
    lastEvent = now;
    onEvent(snapshot(false));
  };
  return {
    add: (counter) => {
      counts[counter]++;
      changed();
    },
    batches: (now) => {
      batches = now;
      changed();
    },
    addCached: (usage) => {
      counts.cached++;
      addUsage(cachedUsage, usage);
      changed();
    },
    addAnswered: (usage, costSoFar) => {
      counts.answered++;
      counts.inputTokens += usage?.inputTokens ?? 0;
      counts.outputTokens += usage?.outputTokens ?? 0;
      within.cachedInputTokens += usage?.cachedInputTokens ?? 0;
      within.thinkingTokens += usage?.thinkingTokens ?? 0;
      cost = costSoFar;
      mark();
      changed();
    },
    accept: (sample, repairs) => {
      newest = sample ?? newest;
      for (const repair of repairs) repaired[repair] = (repaired[repair] ?? 0) + 1;
      counts.accepted++;
      counts.done++;
      changed();
    },
    drop: (reason) => {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
      // What nobody asked for is no part of what is to be done.
      if (reason !== 'sample-not-asked-for') counts.done++;
      changed();
    },
    spent: () => ({ ...counts, cost }),
    finish: () => {
      const event = snapshot(true);
      onEvent?.(event);
      return event;
    },
  };
}
