/** How long a provider that refuses asks to wait before the same request is sent again: headers, or Google's error details. */
import type { ErrorDetails } from '@google/generative-ai';

/**
 * The wait that `retry-after-ms`, or `Retry-After` in seconds or as a date, asks for, in milliseconds.
 * @param now Where the server tells its own time, that stands for now: its clock may be another.
 */
export function retryAfterMs(headers: Headers, now: number = serverTime(headers)): number | undefined {
  const milliseconds = headers.get('retry-after-ms')?.trim() ?? '';
  if (plainNumber.test(milliseconds)) return Math.ceil(Number(milliseconds));
  const value = headers.get('retry-after')?.trim() ?? '';
  const seconds = plainNumber.exec(value)?.[1];
  if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000);
  // A date names a month; what else Date.parse would take is none.
  const date = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const plainNumber = /^(\d+(?:\.\d+)?)\s*s?$/;

function serverTime(headers: Headers): number {
  const told = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(told) ? Date.now() : told;
}

/** `Please try again in 7m12.5s`, where no header says it. */
export function waitInWords(message: string): number | undefined {
  const found = /\b(?:try again|retry) in (?:(\d+)h)?\s*(?:(\d+)m(?!s))?\s*(?:(\d+(?:\.\d+)?)(ms|s))?/i.exec(message);
  if (found === null || !/\d/.test(found[0])) return undefined;
  const [, hours = '0', minutes = '0', rest = '0', unit] = found;
  const seconds = unit?.toLowerCase() === 'ms' ? Number(rest) / 1000 : Number(rest);
  return Math.ceil((Number(hours) * 3600 + Number(minutes) * 60 + seconds) * 1000);
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
