/** The time limit of a reward, and what is said of one that is late or was stopped. */
import { afterAwake } from '../awake.js';
import { RewardError, messageOf } from '../errors.js';

/** A reward, as far as its time is concerned. */
interface Limited {
  readonly name: string;
  readonly timeoutMs?: number | undefined;
}

/** Milliseconds that a reward gets for one batch. A reward that never yields to the event loop cannot be stopped. */
export const defaultTimeoutMs = 60_000;

/** Runs `work` with a signal that aborts with `signal`, and when the reward's time is up. */
export async function withinTime<T>(
  reward: Limited,
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

export function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

export function abortedError(reward: Limited, signal: AbortSignal): RewardError {
  const late = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return new RewardError(
    late ? 'reward-timeout' : 'reward-aborted',
    late
      ? `Reward "${reward.name}" did not answer in time: ${messageOf(signal.reason)}.`
      : `Reward "${reward.name}" was stopped before it answered.`,
    { cause: signal.reason, remedy: late ? 'Make the reward faster or allow it more time.' : undefined },
  );
}
