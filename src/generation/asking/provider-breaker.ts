/**
 * Stops early when a provider cannot be used.
 * Notices a provider that cannot be used (wrong key, wrong model, no network) after a few requests instead of 50,000.
 * It counts failures and useless replies in a row; one useful reply sets it back. A provider that answered before may come
 * back: then only the pass at work ends, and repeat-unanswered.ts waits. Useless replies alone are useless-replies.ts's.
 */
import { ProviderError } from '../../errors.js';
import { ProviderCallError } from '../../providers/call-error.js';

export interface Breaker {
  /** A reply came, of whatever use. */
  answered(): void;
  useful(): void;
  /** A reply that is paid for and of no use. Returns the error to stop with, as `failed` does. */
  useless(detail: string): ProviderError | null;
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

interface Ever {
  everAnswered: boolean;
  everUseful: boolean;
}

/** @param limit Failures in a row that open it. */
export function createBreaker(limit: number): Breaker {
  let everAnswered = false;
  let everUseful = false;
  let inARow = 0;
  let failedInARow = 0;
  let last: ProviderCallError | null = null;
  let isOpen = false;

  const unusable = (): ProviderError | null =>
    last === null
      ? null
      : new ProviderError('provider-unusable', describe(inARow, { everAnswered, everUseful }, last), {
          remedy: last.remedy,
          where: last.where,
          cause: last,
        });
  const count = (error: ProviderCallError): ProviderError | null => {
    inARow++;
    last = error;
    if (inARow < limit) return null;
    // Useless replies alone are told with what they cost, which says more.
    if (!everUseful && (!everAnswered || failedInARow > 0)) return unusable();
    if (!error.retryable) return unusable();
    isOpen = everUseful;
    return null;
  };
  return {
    answered: () => {
      everAnswered = true;
    },
    useful: () => {
      everUseful = true;
      inARow = 0;
      failedInARow = 0;
    },
    useless: (detail) =>
      count(
        new ProviderCallError(`Replies are of no use. Last: ${detail}`, {
          failure: 'unreadable',
          remedy: 'Look at the replies in the reply cache.',
        }),
      ),
    failed: (error, final) => {
      if (error.failure === 'cancelled') return null;
      if (error.isUsedUp) {
        // Every other request meets the same limit; those on their way may still be answered.
        last = error;
        isOpen = true;
        return null;
      }
      // A provider that answered before may come back, and each request retries; one never reached is likely not there.
      const counts = final || (error.failure === 'unreachable' && !everAnswered);
      if (!counts) return null;
      failedInARow++;
      return count(error);
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
      failedInARow = 0;
    },
    finish: () => (everAnswered ? null : unusable()),
  };
}

function describe(inARow: number, ever: Ever, last: ProviderCallError): string {
  const { everAnswered, everUseful } = ever;
  const tries = inARow === 1 ? 'the only request' : `${inARow} requests in a row`;
  const before = everUseful ? '' : `nothing ${everAnswered ? 'of use ' : ''}was ever answered and `;
  return `Generation stopped: ${before}${tries} failed. Last: ${last.message}`;
}
