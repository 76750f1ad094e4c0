/** Configuration of grading, the reward model R_φ, the filter and the preferences that sharpen R_φ. */
import { z } from 'zod';
import { trainedWeightsSchema } from './policy.js';
import { hasWhereToAdapt, headHasNoAdapters, loraConfigSchema } from './trl.js';

export const gradingSchema = z.strictObject({
  /** Hard mismatches per seed sample: fluent arguments for a plausible wrong answer (grade -6). */
  mismatches: z.int().min(1).default(2),
  /** Share of the seed images kept out of training, for the reward model's report and the threshold. */
  heldOut: z.number().gt(0).lt(1).default(0.2),
});

export const rewardModelSchema = z
  .strictObject({
    /** Backbone: `phantom`, a model folder or a Hugging Face id; the policy's base when left out. */
    base: z.string().min(1).optional(),
    /**
     * Steps of SFT on the trusted samples before the regression head is put on: a backbone that can answer these questions
     * itself has something to judge answers by. 0 starts from the base as it is.
     */
    warmStartSteps: z.int().min(0).default(0),
    /**
     * What learns after the warm start: everything, all but the vision tower, or the `head` alone, which reads the hidden
     * states and likelihoods of a backbone that stays as it is. `head` is the quickest, and the best where graded data is scarce.
     */
    train: z.enum(['all', 'language', 'head']).default('all'),
    /** `mse` on grades (MedGR² eq. 1), `pairwise` (Bradley-Terry), or the sum of `both`. */
    loss: z.enum(['mse', 'pairwise', 'both']).default('mse'),
    steps: z.int().positive().default(300),
    batchSize: z.int().positive().default(32),
    learningRate: z.number().positive().default(5e-4),
    /** Weight of the next-token loss that keeps the backbone reading images. */
    languageWeight: z.number().min(0).default(0),
    /** Steps of each retraining on preferences and replay. */
    retrainSteps: z.int().positive().default(80),
    retrainLearningRate: z.number().positive().optional(),
    /** Earlier graded rows replayed for each new preference row, so that nothing is forgotten. */
    replay: z.number().min(0).default(1),
    /** Algorithm 1 retrains in every cycle; false saves the last one, which no later cycle uses. */
    retrainAfterLast: z.boolean().default(true),
    loggingSteps: z.int().positive().default(10),
    saveSteps: z.int().positive().default(100),
    scoreBatchSize: z.int().positive().default(32),
    /** Adapters learn in place of the backbone's weights, and are merged into the finished model. `language` keeps them out of the vision tower. */
    lora: loraConfigSchema.optional(),
    /** Its own number format; the policy's where it is left out. */
    dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16']).optional(),
    trainedWeights: trainedWeightsSchema,
  })
  .refine(hasWhereToAdapt, { path: ['lora'], error: headHasNoAdapters });

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

export const datasetSchema = z.strictObject({
  /** Algorithm 1, line 1: D_gen starts as the seed data. */
  includeSeed: z.boolean().default(true),
});

export const preferencesSchema = z.strictObject({
  /** Prompts the policy answers for the reward model's next training. */
  prompts: z.int().positive().default(200),
  /** Completions per prompt. */
  samples: z.int().min(2).default(4),
  temperature: z.number().gt(0).default(1),
  /** Where prompts and their answers come from: `dataset` is D_gen, `seed` the trusted samples, `both` half of each. */
  from: z.enum(['dataset', 'seed', 'both']).default('both'),
});
