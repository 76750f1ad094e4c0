/** Wilson's interval for a share. Pure. Unlike a bootstrap it has a width where all are right or none is. */
import type { Interval } from './bootstrap.js';

/** 97.5 % of a normal distribution lie below it. */
const normalQuantile = 1.959963984540054;

/** 95 % interval of `count` of `n`; null without rows. It always holds the share itself. */
export function wilsonInterval(count: number, n: number): Interval | null {
  if (n === 0) return null;
  const share = count / n;
  const square = normalQuantile ** 2 / n;
  const centre = (share + square / 2) / (1 + square);
  const half = (normalQuantile * Math.sqrt((share * (1 - share)) / n + square / (4 * n))) / (1 + square);
  return { low: count === 0 ? 0 : centre - half, high: count === n ? 1 : centre + half };
}
