/**
 * Bootstrap intervals: rows are drawn with replacement, seeded. Pure; null where a figure is not defined, or never varies.
 * Small classes fall out of resamples, which moves macro F1: percentiles are taken about the resamples' own mean and laid
 * about the figure, so that the interval holds it. For shares there is Wilson's interval. Rows that are alike because they are of
 * one image or patient are drawn together.
 */
import { seededRandom } from '../random.js';

/** From `low` to `high`, both included. */
export interface Interval {
  /** Lower end, in the unit of the figure. */
  low: number;
  /** Upper end. */
  high: number;
}

/** How rows are drawn. */
export interface BootstrapOptions {
  /** The same seed draws the same rows. */
  seed: number;
  /** How often rows are drawn; 1000 by default. */
  resamples?: number | undefined;
  /** Share of resamples inside the interval, in (0, 1); 0.95 by default. */
  level?: number | undefined;
  /** What each row belongs to, such as its image: all rows of one are drawn together. Every row by itself when left out. */
  clusters?: readonly string[] | undefined;
  /** What a figure can be; a share of [0, 1] when left out. */
  bounds?: Interval | undefined;
}

const anyShare: Interval = { low: 0, high: 1 };

/**
 * Intervals of figures by drawing rows with replacement, seeded.
 * @param n Number of rows.
 * @param figures All figures of one resample, which is given as row numbers. The array is used again: do not keep it.
 * @returns For each figure its interval over the resamples in which it is defined, within its bounds; null where it
 * never is, and where all resamples give the same, which says nothing about how sure it is.
 * @example
 * const right = [1, 1, 0, 1];
 * const mean = (rows: Int32Array): number => rows.reduce((sum, row) => sum + (right[row] ?? 0), 0) / rows.length;
 * const { accuracy } = bootstrapIntervals(right.length, (rows) => ({ accuracy: mean(rows) }), { seed: 0 });
 * accuracy !== null && accuracy.low < 0.75 && accuracy.high > 0.75; // → true
 */
export function bootstrapIntervals<Name extends string>(
  n: number,
  figures: (rows: Int32Array) => Record<Name, number | null>,
  { seed, resamples = 1000, level = 0.95, clusters, bounds = anyShare }: BootstrapOptions,
): Record<Name, Interval | null> {
  const draw = clusters === undefined ? rowDrawer(n, seed) : clusterDrawer(clusters, seed);
  const found = new Map<Name, number[]>();
  for (let round = 0; round < resamples; round++) {
    for (const [name, value] of Object.entries(figures(draw())) as [Name, number | null][]) {
      const values = found.get(name) ?? [];
      found.set(name, values);
      if (value !== null) values.push(value);
    }
  }
  const tail = (1 - level) / 2;
  const own = figures(Int32Array.from({ length: n }, (_, i) => i));
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, intervalAbout(own[name], values, tail, bounds)]),
  ) as Record<Name, Interval | null>;
}

/** @returns A function that draws row numbers into one array, used again. */
function rowDrawer(n: number, seed: number): () => Int32Array {
  const random = seededRandom('bootstrap', seed);
  const rows = new Int32Array(n);
  return () => {
    for (let i = 0; i < n; i++) rows[i] = random.int(n);
    return rows;
  };
}

/** As many clusters as there are, with replacement; so a resample has more rows or fewer. */
function clusterDrawer(clusters: readonly string[], seed: number): () => Int32Array {
  const groups = [...Map.groupBy(clusters.keys(), (row) => clusters[row]).values()];
  // One row each is the plain bootstrap, and draws as it does.
  if (groups.length === clusters.length) return rowDrawer(clusters.length, seed);
  const random = seededRandom('bootstrap', seed);
  const rows = new Int32Array(groups.length * Math.max(0, ...groups.map(({ length }) => length)));
  return () => {
    let count = 0;
    for (let i = 0; i < groups.length; i++) for (const row of random.pick(groups)) rows[count++] = row;
    return rows.subarray(0, count);
  };
}

function intervalAbout(
  figure: number | null,
  values: readonly number[],
  tail: number,
  { low: lowest, high: highest }: Interval,
): Interval | null {
  const sorted = Float64Array.from(values).sort();
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  if (figure === null || least === most) return null;
  const shift = figure - values.reduce((sum, value) => sum + value, 0) / values.length;
  const bounded = (value: number): number => Math.min(highest, Math.max(lowest, value));
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
