/** Retry: one request, tried again a bounded number of times; only failures that may pass, with the wait the provider asks for. */
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { ProviderCallError } from '../../providers/call-error.js';

export interface RetryOptions {
  /** Tries in all, the first included. */
  attempts: number;
  /** Wait before the second try, in milliseconds; it doubles with each further one, and is jittered. */
  backoffMs: number;
  /** Longest wait between two tries. A provider that asks for more is not asked again. */
  longestWaitMs: number;
}

export interface RetryHooks {
  signal: AbortSignal;
  /** Each failed try; `final` when no other follows. */
  onFailure(error: ProviderCallError, final: boolean): void;
}

/** Rejects with the last ProviderCallError, with whatever else `call` threw at once, or with the signal's reason. */
export async function callWithRetry<T>(
  call: (attempt: number) => Promise<T>,
  options: RetryOptions,
  hooks: RetryHooks,
): Promise<T> {
  return pRetry(call, {
    retries: options.attempts - 1,
    // The wait is ours (below), because p-retry knows no wait that the other side asks for.
    minTimeout: 0,
    signal: hooks.signal,
    onFailedAttempt: ({ error, retriesLeft, attemptNumber }) => {
      if (!(error instanceof ProviderCallError)) return;
      hooks.onFailure(error, retriesLeft === 0 || waitBefore(attemptNumber + 1, error, options) === null);
    },
    shouldRetry: async ({ error, attemptNumber }) => {
      const wait = error instanceof ProviderCallError ? waitBefore(attemptNumber + 1, error, options) : null;
      if (wait === null) return false;
      await sleep(jittered(wait, error as ProviderCallError), undefined, { signal: hooks.signal });
      return true;
    },
  });
}

/** Milliseconds to wait before the given try, or null when it makes no sense. */
export function waitBefore(attempt: number, error: ProviderCallError, options: RetryOptions): number | null {
  if (!error.retryable) return null;
  const asked = error.retryAfterMs ?? 0;
  if (asked > options.longestWaitMs) return null;
  return Math.min(options.longestWaitMs, Math.max(asked, options.backoffMs * 2 ** (attempt - 2)));
}

/** Never earlier than the provider asked for; spread, so that requests refused together do not come back together. */
function jittered(wait: number, error: ProviderCallError): number {
  const least = Math.max(error.retryAfterMs ?? 0, wait / 2);
  return least + Math.random() * Math.max(wait - least, wait / 4);
}
