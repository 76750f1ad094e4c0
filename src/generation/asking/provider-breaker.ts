/**
 * Stops early when a provider cannot be used.
 * Notices a provider that cannot be used (wrong key, wrong model, no network) after a few requests instead of 50,000.
 * It counts failures in a row; one answer sets it back. A provider that answered before may come back: then only the pass
 * at work ends, and repeat-unanswered.ts waits.
 */
import { ProviderError } from '../../errors.js';
import type { ProviderCallError } from '../../providers/call-error.js';

export interface Breaker {
  answered(): void;
  /** Returns the error to stop with once there were too many failures in a row and waiting would not help, else null. */
  failed(error: ProviderCallError, final: boolean): ProviderError | null;
  /** Too many failures in a row that may pass: nothing more is to be asked for now. */
  readonly isOpen: boolean;
  /** Whether a reply came in this generation. */
  readonly everAnswered: boolean;
  /** The failure that counted last. */
  readonly last: ProviderCallError | null;
  /** Lets requests through again. */
  close(): void;
  /** The error to stop with when requests failed and none was ever answered, else null. */
  finish(): ProviderError | null;
}

/** @param limit Failures in a row that open it. */
export function createBreaker(limit: number): Breaker {
  let everAnswered = false;
  let inARow = 0;
  let last: ProviderCallError | null = null;
  let isOpen = false;

  const unusable = (): ProviderError | null =>
    last === null
      ? null
      : new ProviderError('provider-unusable', describe(inARow, everAnswered, last), {
          remedy: last.remedy,
          where: last.where,
          cause: last,
        });
  return {
    answered: () => {
      everAnswered = true;
      inARow = 0;
    },
    failed: (error, final) => {
      if (error.failure === 'cancelled') return null;
      // A provider that answered before may come back, and each request retries; one never reached is likely not there.
      const counts = final || (error.failure === 'unreachable' && !everAnswered);
      if (!counts) return null;
      inARow++;
      last = error;
      if (inARow < limit) return null;
      if (!everAnswered || !error.retryable) return unusable();
      isOpen = true;
      return null;
    },
    get isOpen() {
      return isOpen;
    },
    get everAnswered() {
      return everAnswered;
    },
    get last() {
      return last;
    },
    close: () => {
      isOpen = false;
      inARow = 0;
    },
    finish: () => (everAnswered ? null : unusable()),
  };
}

function describe(inARow: number, everAnswered: boolean, last: ProviderCallError): string {
  const tries = inARow === 1 ? 'the only request' : `${inARow} requests in a row`;
  const before = everAnswered ? '' : 'nothing was ever answered and ';
  return `Generation stopped: ${before}${tries} failed. Last: ${last.message}`;
}
