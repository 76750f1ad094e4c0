/** A figure with how sure it is. Pure, and apart from how it is made: a browser reads it, too. */
import { z } from 'zod';

/** A figure, its 95 % interval, and the samples that it stands on. */
export const estimateSchema = z.strictObject({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  n: z.int().min(0),
});
export type Estimate = z.infer<typeof estimateSchema>;
