/**
 * Bootstrap intervals: rows are drawn with replacement, seeded. Pure; null where a figure is not defined, or never varies.
 * Small classes fall out of resamples, which moves macro F1: percentiles are taken about the resamples' own mean and laid
 * about the figure, so that the interval holds it. For shares there is Wilson's interval.
 */
import { seededRandom } from '../random.js';

export interface Interval {
  low: number;
  high: number;
}

export interface BootstrapOptions {
  seed: number;
  /** How often rows are drawn; 1000 by default. */
  resamples?: number | undefined;
  /** Share of resamples inside the interval, in (0, 1); 0.95 by default. */
  level?: number | undefined;
}

/**
 * @param n Number of rows.
 * @param figures All figures of one resample, which is given as row numbers. The array is used again: do not keep it.
 * @returns For each figure its interval over the resamples in which it is defined, within [0, 1]; null where it never is,
 * and where all resamples give the same, which says nothing about how sure it is.
 */
export function bootstrapIntervals<Name extends string>(
  n: number,
  figures: (rows: Int32Array) => Record<Name, number | null>,
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Record<Name, Interval | null> {
  const random = seededRandom('bootstrap', seed);
  const rows = new Int32Array(n);
  const found = new Map<Name, number[]>();
  for (let round = 0; round < resamples; round++) {
    for (let i = 0; i < n; i++) rows[i] = random.int(n);
    for (const [name, value] of Object.entries(figures(rows)) as [Name, number | null][]) {
      const values = found.get(name) ?? [];
      found.set(name, values);
      if (value !== null) values.push(value);
    }
  }
  const tail = (1 - level) / 2;
  const own = figures(Int32Array.from({ length: n }, (_, i) => i));
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, intervalAbout(own[name], values, tail)]),
  ) as Record<Name, Interval | null>;
}

function intervalAbout(figure: number | null, values: readonly number[], tail: number): Interval | null {
  const sorted = Float64Array.from(values).sort();
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  if (figure === null || least === most) return null;
  const shift = figure - values.reduce((sum, value) => sum + value, 0) / values.length;
  const bounded = (value: number): number => Math.min(1, Math.max(0, value));
  return {
    low: Math.min(figure, bounded(quantile(sorted, tail) + shift)),
    high: Math.max(figure, bounded(quantile(sorted, 1 - tail) + shift)),
  };
}

/** Of values in rising order, between the two nearest in proportion (NumPy's default). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)] as number, sorted[Math.ceil(position)] as number];
  return below + (above - below) * (position - Math.floor(position));
}
