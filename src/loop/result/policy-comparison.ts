/** One policy against another on the same test questions: how much better it is, and how sure that is. */
import { z } from 'zod';
import { pairedDifferenceSchema } from '../../evaluation/paired-difference.js';

export const policyComparisonSchema = z.object({
  /** As tables name them: `base`, `cycle 1 SFT`, `cycle 1 GRPO`. */
  first: z.string(),
  second: z.string(),
  ...pairedDifferenceSchema.shape,
});
export type PolicyComparison = z.output<typeof policyComparisonSchema>;
