/** Mean and spread of one figure over repetitions (seeds). Pure; a figure that no repetition has is null, never NaN. */
import { z } from 'zod';

export const spreadSchema = z.object({
  /** Repetitions that have the figure. */
  n: z.int().positive(),
  mean: z.number(),
  /** Sample standard deviation (n − 1); null for a single value, which has none. */
  deviation: z.number().nullable(),
  min: z.number(),
  max: z.number(),
});
export type Spread = z.output<typeof spreadSchema>;

/** Values that are null are left out, and `n` says so. */
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
