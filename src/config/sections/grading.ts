/** Section `grading`: how many wrong answers are made of each trusted sample, and which are held out. */
import { z } from 'zod';

export const gradingSchema = z.strictObject({
  /** Hard mismatches per seed sample: fluent arguments for a plausible wrong answer (grade -6). */
  mismatches: z.int().min(1).default(2),
  /** Share of the seed images kept out of training, for the reward model's report and the threshold. */
  heldOut: z.number().gt(0).lt(1).default(0.2),
});
