/** Numbers as the report prints them: shares in per cent, scores with two decimals, a dash where there is nothing. */
import type { Interval } from '../evaluation/bootstrap.js';
import * as format from '../format.js';

const none = '–';
type Maybe = number | null | undefined;

/** No line breaks within a figure. */
const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

/** 0.4833 -> `48.3 %`. */
export const percent = (share: Maybe): string => unbroken(format.percent(share));

/** `48.3 % (43.9 to 52.7)`; without the brackets where there is no interval. */
export const percentWithin = (share: Maybe, interval: Interval | null | undefined): string =>
  format.percentWithin(share, interval).split(' (').map(unbroken).join(' (');

/** `81.2 ± 9.5 %`. */
export const percentPair = (one: number | null, other: number | null, between: string): string =>
  unbroken(format.percentPair(one, other, between));

export function decimal(value: Maybe, digits = 2): string {
  return value === null || value === undefined ? none : format.fixed(value, digits).replace('-', '\u2212');
}

/** 1234567 -> `1 234 567`, with narrow spaces. */
export function count(value: Maybe): string {
  return value === null || value === undefined ? none : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: Maybe): string {
  if (seconds === null || seconds === undefined) return none;
  if (seconds < 9.95) return `${format.fixed(seconds, 1)}\u00a0s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (hours > 0) return `${hours}\u00a0h ${minutes}\u00a0min`;
  return minutes > 0 ? `${minutes}\u00a0min ${rest}\u00a0s` : `${rest}\u00a0s`;
}

/** `+3.1`: a limit of an interval in points. */
export const signed = format.signedPoints;

/** `+3.1 points` between two shares. */
export const points = (difference: number): string => `${signed(difference)}\u00a0points`;

/** 0.0213 -> `0.021`, 0.0002 -> `< 0.001`. */
export const probability = (p: number): string => unbroken(format.probability(p));

/** `p = 0.021`, `p < 0.001`. */
export const pText = (p: number): string => unbroken(format.pText(p));
