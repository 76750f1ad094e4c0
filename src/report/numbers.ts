/** Numbers as the report prints them: shares in per cent, scores with two decimals, a dash where there is nothing. */
import type { Interval } from '../evaluation/bootstrap.js';

const none = '–';
type Maybe = number | null | undefined;

/** 0.4833 -> `48.3 %`. */
export function percent(share: Maybe): string {
  return share === null || share === undefined ? none : `${(100 * share).toFixed(1)}\u00a0%`;
}

/** `48.3 % (43.9 to 52.7)`; without the brackets where there is no interval. */
export function percentWithin(share: Maybe, interval: Interval | null | undefined): string {
  if (interval === null || interval === undefined) return percent(share);
  return `${percent(share)} (${(100 * interval.low).toFixed(1)}\u00a0to\u00a0${(100 * interval.high).toFixed(1)})`;
}

export function decimal(value: Maybe, digits = 2): string {
  return value === null || value === undefined ? none : value.toFixed(digits).replace('-', '\u2212');
}

/** 1234567 -> `1 234 567`, with narrow spaces. */
export function count(value: Maybe): string {
  return value === null || value === undefined ? none : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: Maybe): string {
  if (seconds === null || seconds === undefined) return none;
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (hours > 0) return `${hours}\u00a0h ${minutes}\u00a0min`;
  return minutes > 0 ? `${minutes}\u00a0min ${rest}\u00a0s` : `${rest}\u00a0s`;
}

/** `+3.1 points` between two shares. */
export function points(difference: number): string {
  const sign = difference < 0 ? '\u2212' : '+';
  return `${sign}${Math.abs(100 * difference).toFixed(1)}\u00a0points`;
}

/** `+3.1`: a limit of an interval in points. */
export const signed = (difference: number): string => points(difference).replace('\u00a0points', '');

/** 0.0213 -> `0.021`. The tests by drawing draw ten thousand times: below a thousandth no more is known. */
export const probability = (p: number): string => (p < 0.001 ? '<\u00a00.001' : p.toFixed(3));

/** `p = 0.021`, `p < 0.001`. */
export const pText = (p: number): string =>
  p < 0.001 ? `p\u00a0${probability(p)}` : `p\u00a0=\u00a0${probability(p)}`;
