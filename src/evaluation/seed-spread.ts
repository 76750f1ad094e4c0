/** Mean and spread of one figure over repetitions (seeds). Pure; a figure that no repetition has is null, never NaN. */
import { z } from 'zod';
import type { Interval } from './bootstrap.js';

export const spreadSchema = z.object({
  /** Repetitions that have the figure. */
  n: z.int().positive(),
  mean: z.number(),
  /** Sample standard deviation (n − 1); null for a single value, which has none. */
  deviation: z.number().nullable(),
  min: z.number(),
  max: z.number(),
});
/** Mean and spread of one figure over repetitions. */
export type Spread = z.output<typeof spreadSchema>;

/**
 * Mean, sample standard deviation and range. Values that are null are left out, and `n` says so.
 * @returns null where no value is left.
 * @example
 * spreadOf([0.5, 0.75, null])?.mean; // → 0.625
 */
export function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    n: known.length,
    mean,
    deviation: known.length < 2 ? null : Math.sqrt(squares / (known.length - 1)),
    min: Math.min(...known),
    max: Math.max(...known),
  };
}

/** 97.5 % points of Student's t by degrees of freedom, from 1; beyond the list the normal's is near enough. */
const studentT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;

/** 95 % interval of the mean over repetitions, as of differences between two methods seed by seed; null for a single one. */
export function meanInterval({ n, mean, deviation }: Spread): Interval | null {
  if (deviation === null) return null;
  const half = ((studentT[n - 2] ?? 1.96) * deviation) / Math.sqrt(n);
  return { low: mean - half, high: mean + half };
}
