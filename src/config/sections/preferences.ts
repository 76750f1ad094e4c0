/** Section `preferences`: how many prompts and completions R_φ learns from next. */
import { z } from 'zod';

export const preferencesSchema = z.strictObject({
  /** Prompts the policy answers for the reward model's next training. */
  prompts: z.int().positive().default(200),
  /** Completions per prompt. */
  samples: z.int().min(2).default(4),
  /** Of sampling those completions. */
  temperature: z.number().gt(0).default(1),
  /** Where prompts and their answers come from: `dataset` is D_gen, `seed` the trusted samples, `both` half of each. */
  from: z.enum(['dataset', 'seed', 'both']).default('both'),
});
