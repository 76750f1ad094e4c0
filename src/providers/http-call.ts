/** What every HTTP provider does around one call: a time limit, the caller's signal, and errors in common terms. */
import { afterAwake } from '../awake.js';
import type { ErrorDetails } from '@google/generative-ai';
import { messageOf } from '../errors.js';
import { failureOfStatus, ProviderCallError } from './call-error.js';
import { errorReason } from './gemini-reply.js';
import { errorCode, readError } from './openai-reply.js';
import { quotaOf, quotaRemedy, violatedQuotas } from './quota.js';
import { retryAfterMs, retryDelayMs, waitInWords } from './retry-after.js';

export interface CallLimits {
  /** Names provider, model and address in errors. */
  where: string;
  /** For the whole call: connecting, waiting and reading, so that a reply that stalls half way is cut too. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/**
 * Runs one call with a controller and a timer of its own: a shared signal would gather listeners, and clients leave
 * their timers behind. @throws ProviderCallError `timeout` or `cancelled`; else what `explain` makes of the failure.
 */
export async function limitedCall<T>(
  { where, timeoutMs, signal }: CallLimits,
  call: (signal: AbortSignal) => Promise<T>,
  explain: (thrown: unknown) => ProviderCallError,
): Promise<T> {
  if (signal?.aborted) throw cancelled(where);
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  let timedOut = false;
  const timer = afterAwake(timeoutMs, () => {
    timedOut = true;
    stop();
  });
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await call(controller.signal);
  } catch (thrown) {
    if (timedOut) throw timeout(where, timeoutMs);
    if (signal?.aborted) throw cancelled(where);
    throw explain(thrown);
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', stop);
  }
}

/** What to do about an HTTP status. @param reason A provider's own word for it, where it has one. */
export function remedyOf(status: number, reason?: string): string {
  if (status === 401 || status === 403 || reason === 'API_KEY_INVALID')
    return 'Check the API key in the environment variable that the configuration names, and what it is allowed to do.';
  if (status === 404) return 'Check the model name and the base URL.';
  if (status === 413) return 'The image is too large for this provider: make it smaller first.';
  if (status === 429)
    return 'Lower the concurrency, or wait until the quota is renewed; the run continues where it stopped.';
  if (status >= 500 || status === 408) return 'The provider has a problem; run the same command again later.';
  return 'Read what the provider says about the request; the same request would fail again.';
}

function timeout(where: string, timeoutMs: number): ProviderCallError {
  return new ProviderCallError(`No answer within ${timeoutMs / 1000} s.`, {
    failure: 'timeout',
    where,
    remedy: 'Raise the timeout, or lower the concurrency.',
  });
}

function cancelled(where: string): ProviderCallError {
  return new ProviderCallError('The call was cancelled.', { failure: 'cancelled', where });
}

/** A refusal by status and body, as OpenAI or Google write them. */
export interface Refusal {
  status: number;
  headers?: Headers | undefined;
  body: string;
}

/** @param clean Blanks out what no message may hold. */
export function refusalOf(
  { status, headers = new Headers(), body }: Refusal,
  where: string,
  clean: (text: string) => string,
): ProviderCallError {
  const message = clean(readError(body));
  const details = detailsOf(body);
  const quota = quotaOf(status, [message, errorCode(body), violatedQuotas(details)]);
  const reason = errorReason(details);
  return new ProviderCallError(`HTTP ${status}: ${message}`, {
    failure: failureOfStatus(status),
    status,
    retryAfterMs: retryDelayMs(details) ?? retryAfterMs(headers) ?? waitInWords(message),
    quota,
    where,
    remedy: quota === undefined ? remedyOf(status, reason) : quotaRemedy(quota),
    ...(reason === 'API_KEY_INVALID' ? { isOfRequest: false } : {}),
  });
}

function detailsOf(body: string): ErrorDetails[] | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { details?: unknown } };
    return Array.isArray(error?.details) ? (error.details as ErrorDetails[]) : undefined;
  } catch {
    return undefined;
  }
}

/** What fetch threw: nobody answered. */
export function noAnswer(thrown: unknown, where: string, clean: (text: string) => string): ProviderCallError {
  if (thrown instanceof ProviderCallError) return thrown;
  return new ProviderCallError(`No answer: ${clean(reasonOf(thrown))}`, {
    failure: 'unreachable',
    where,
    remedy: 'Check the network, the base URL and whether the server runs.',
  });
}

/** fetch itself says only `fetch failed`; what happened is in its cause. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error ? `${messageOf(thrown)} (${messageOf(cause)})` : messageOf(thrown);
}
