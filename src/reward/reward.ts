/**
 * What a reward is, and the one place that runs them and refuses values that are no rewards. It sets a timer for each
 * reward, and reads no clock of its own.
 */
import { afterAwake } from '../awake.js';
import { Medgr2Error, RewardError, messageOf } from '../errors.js';
import type { Sample } from '../sample.js';

/** One completion to be judged. */
export interface RewardItem {
  /** The sample whose question was put to the policy. */
  sample: Sample;
  completion: string;
  /** R_φ's raw score of the completion; null where the run has no reward model. */
  rewardModelScore: number | null;
  /** False where the sample's answer may not be compared with: its question alone is good. True where it is left out. */
  answerTrusted?: boolean | undefined;
}

export interface ScoreContext {
  /** Aborts when the job is over or the reward's time is up. */
  signal: AbortSignal;
}

/** One finite number or null per item, in order; null means that the reward does not apply to the item. */
export type Scores = readonly (number | null)[];

/** A named, weighted judgement of completions. The trainer adds weight × score over all rewards. */
export interface Reward {
  readonly name: string;
  readonly weight: number;
  /** Milliseconds that one batch may take; `defaultTimeoutMs` where it is left out. */
  readonly timeoutMs?: number | undefined;
  /** What decides its scores and is not in the source text of `score`, as any text: it changes when the scores would. */
  readonly version?: string | undefined;
  score(batch: readonly RewardItem[], context: ScoreContext): Promise<Scores> | Scores;
}

/** Milliseconds that a reward gets for one batch. A reward that never yields to the event loop cannot be stopped. */
export const defaultTimeoutMs = 60_000;

export interface RewardContext {
  /** Aborts when the job is cancelled or the caller's time limit is over. */
  signal?: AbortSignal | undefined;
  /** Milliseconds now: makes latencies known. */
  clock?: (() => number) | undefined;
  /** Hears how many milliseconds each reward took; needs `clock`. */
  onLatency?: ((name: string, milliseconds: number) => void) | undefined;
}

/**
 * Runs all rewards on one batch, side by side. Throws a RewardError that names the reward (and the sample) when one
 * throws, is late or aborted, or returns anything but one finite number or null per item: a broken reward never counts
 * as 0. The others are then told to stop.
 */
export async function evaluateRewards(
  rewards: readonly Reward[],
  items: readonly RewardItem[],
  context: RewardContext = {},
): Promise<Record<string, (number | null)[]>> {
  const names = rewards.map((reward) => reward.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RewardError('reward-name-repeated', `Two rewards are named "${twice}".`, {
      remedy: 'Give each reward a name of its own.',
    });
  }
  const over = new AbortController();
  const stop = (): void => over.abort(context.signal?.reason);
  if (context.signal?.aborted === true) stop();
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    const scores = await Promise.all(rewards.map((reward) => timedScores(reward, items, over.signal, context)));
    return Object.fromEntries(names.map((name, i) => [name, scores[i] ?? []]));
  } finally {
    context.signal?.removeEventListener('abort', stop);
    over.abort();
  }
}

async function timedScores(
  reward: Reward,
  items: readonly RewardItem[],
  signal: AbortSignal,
  { clock, onLatency }: RewardContext,
): Promise<(number | null)[]> {
  const started = clock?.();
  const scores = await withinTime(reward, signal, (limited) => scoresOf(reward, items, limited));
  if (clock !== undefined && started !== undefined) onLatency?.(reward.name, clock() - started);
  return scores;
}

/** Runs `work` with a signal that aborts with `signal`, and when the reward's time is up. */
async function withinTime<T>(
  reward: Reward,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const stop = (): void => limit.abort(signal.reason);
  const timeoutMs = reward.timeoutMs ?? defaultTimeoutMs;
  const late = (): void => limit.abort(new DOMException(`no answer within ${timeoutMs / 1000} s`, 'TimeoutError'));
  const timer = afterAwake(timeoutMs, late);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
  }
}

async function scoresOf(reward: Reward, items: readonly RewardItem[], signal: AbortSignal): Promise<(number | null)[]> {
  let scores: unknown;
  try {
    scores = await untilAborted(async () => reward.score(items, { signal }), signal);
  } catch (error) {
    if (signal.aborted) throw abortedError(reward, signal);
    if (error instanceof Medgr2Error) throw error;
    throw new RewardError('reward-threw', `Reward "${reward.name}" failed: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Mend the reward function; a completion that cannot be judged may get null.',
    });
  }
  if (!Array.isArray(scores) || scores.length !== items.length) {
    const got = Array.isArray(scores) ? `${scores.length} values` : `a value of type ${typeof scores}`;
    throw new RewardError('reward-count', `Reward "${reward.name}" returned ${got} for ${items.length} completions.`, {
      remedy: 'Return one number or null per completion, in order.',
    });
  }
  return items.map((item, i) => {
    const score: unknown = scores[i];
    if (score === null || (typeof score === 'number' && Number.isFinite(score))) return score;
    throw new RewardError(
      'reward-not-finite',
      `Reward "${reward.name}" gave ${String(score)} to sample ${item.sample.id}.`,
      {
        where: item.sample.id,
        remedy: 'Return a finite number, or null where the reward does not apply.',
      },
    );
  });
}

function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

function abortedError(reward: Reward, signal: AbortSignal): RewardError {
  const late = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return new RewardError(
    late ? 'reward-timeout' : 'reward-aborted',
    late
      ? `Reward "${reward.name}" did not answer in time: ${messageOf(signal.reason)}.`
      : `Reward "${reward.name}" was stopped before it answered.`,
    { cause: signal.reason, remedy: late ? 'Make the reward faster or allow it more time.' : undefined },
  );
}
