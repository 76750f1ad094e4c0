/** How one call to a provider failed, in the terms by which a caller decides whether and when to try again. */
import { ProviderError, type ErrorDetails } from '../errors.js';
import type { Quota } from './quota.js';

/**
 * - `rate-limited`, `overloaded`: the provider is there but refuses work for now
 * - `unreachable`: no answer at all (refused, no network, cut connection)
 * - `timeout`: no answer within the time given
 * - `rejected`: the provider understood and says no (wrong key, wrong model, bad request)
 * - `unreadable`: something answered, but not in the provider's language
 * - `cancelled`: the caller's signal
 */
export type CallFailure =
  | 'rate-limited'
  | 'overloaded'
  | 'unreachable'
  | 'timeout'
  | 'rejected'
  | 'unreadable'
  | 'cancelled';

/** How a call failed, and what the caller is to do. */
export interface CallErrorDetails extends ErrorDetails {
  failure: CallFailure;
  /** HTTP status, where one came. */
  status?: number | undefined;
  /** How long the provider asked to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Which limit a refusal names, where it says. */
  quota?: Quota | undefined;
  /** Whether it is this request that is refused; by default read from the status. */
  isOfRequest?: boolean | undefined;
}

/** Bad request, too large, of a type or content that cannot be processed. */
const ofRequest = new Set([400, 413, 415, 422]);
/** Some call a wrong key, an empty account or a country that they do not serve a bad request. */
const ofAccount = /api.?key|credential|billing|quota|location is not supported/i;

/** No reply came. `retryable` says whether the same request may succeed later. */
export class ProviderCallError extends ProviderError {
  readonly failure: CallFailure;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly quota: Quota | undefined;
  /** This request is refused, and would be again; else its key, its model or the provider itself is what fails. */
  readonly isOfRequest: boolean;

  constructor(message: string, details: CallErrorDetails) {
    super(`provider-${details.failure}`, message, details);
    this.failure = details.failure;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.quota = details.quota;
    this.isOfRequest =
      details.isOfRequest ??
      (this.failure === 'rejected' &&
        (this.status === undefined || ofRequest.has(this.status)) &&
        !ofAccount.test(message));
  }

  /** A limit of the day or the account: every other request meets it as well. */
  get isUsedUp(): boolean {
    return this.quota === 'day' || this.quota === 'account';
  }

  get retryable(): boolean {
    return !this.isUsedUp && this.failure !== 'rejected' && this.failure !== 'cancelled';
  }
}

/** What an HTTP status means for the next try. */
export function failureOfStatus(status: number): CallFailure {
  if (status === 429) return 'rate-limited';
  // 425: too early, asked for by servers that are still starting.
  if (status === 408 || status === 425 || status === 499 || status >= 500)
    return status === 501 ? 'rejected' : 'overloaded';
  return 'rejected';
}
