/** Section `filter`: the threshold τ or the precision it must reach, what a judge must say, overlap and near-duplicates. */
import { z } from 'zod';

const precisionSchema = z.strictObject({
  precision: z.number().gt(0).max(1),
  /**
   * Assumed share of right samples among the candidates. Precision depends on it, and the graded set is made with a share
   * of its own, which counts where this is left out.
   */
  prior: z.number().gt(0).lt(1).optional(),
  /** Fewest held-out texts that τ must let through: a handful of lucky ones is no evidence. */
  minAccepted: z.int().min(1).default(10),
});

export const filterSchema = z.strictObject({
  /** τ of r > τ: a number in [-6, 10], or the smallest one that reaches a precision on held-out graded texts. */
  threshold: z.union([z.number(), precisionSchema]).prefault({ precision: 0.95 }),
  /**
   * Held-out rows a precision is measured on: `answers` are the texts a generator's candidates resemble (originals against
   * hard mismatches); `all` adds the reworded, broken and irrelevant texts, which are easier to tell and flatter τ.
   */
  calibration: z.enum(['answers', 'all']).default('answers'),
  /** Where `verify` is on, share of the rubric's points that a candidate must reach, beside all gates; 0 for the gates alone. */
  minPoints: z.number().min(0).max(1).default(0.6),
  /** Keep candidates that are in D_gen already (same image, question and answer). */
  allowOverlap: z.boolean().default(false),
  /** Near-duplicates that count as overlap too, where the answer is the same. */
  nearDuplicates: z
    .strictObject({
      /** Share of 4-grams two questions about one image have in common, from which they are one; only equal ones when left out. */
      text: z.number().min(0.7).max(1).nullable().default(null),
      /** Bits of 64 by which perceptual hashes of one image may differ; only equal bytes count when left out. */
      image: z.int().min(0).max(12).nullable().default(null),
    })
    .prefault({}),
});
