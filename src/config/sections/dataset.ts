/** Section `dataset`: what D_gen starts as. */
import { z } from 'zod';

export const datasetSchema = z.strictObject({
  /** Algorithm 1, line 1: D_gen starts as the seed data. */
  includeSeed: z.boolean().default(true),
});
