/** How long a provider that refuses asks to wait before the same request is sent again: headers, or Google's error details. */
import type { ErrorDetails } from '@google/generative-ai';

/** The wait that `retry-after-ms`, or `Retry-After` in seconds or as a date, asks for, in milliseconds. */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? 'none');
  if (Number.isFinite(milliseconds)) return milliseconds;
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.ceil(seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The wait asked for by google.rpc.RetryInfo among an error's details, in milliseconds. */
export function retryDelayMs(details: readonly ErrorDetails[] | undefined): number | undefined {
  for (const detail of details ?? []) {
    if (!detail['@type']?.endsWith('google.rpc.RetryInfo')) continue;
    const delay = (detail as { retryDelay?: unknown }).retryDelay;
    const seconds = typeof delay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined;
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000);
  }
  return undefined;
}
