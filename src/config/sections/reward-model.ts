/** Section `rewardModel`: base, warm start, loss, steps, retraining and adapters of R_φ. */
import { z } from 'zod';
import { hasWhereToAdapt, headHasNoAdapters, loraConfigSchema } from '../trl-options/options-in-config.js';
import { trainedWeightsSchema } from './policy.js';

export const rewardModelSchema = z
  .strictObject({
    /** Backbone: `phantom`, `phantom-judge` (which sees better), a model folder or a Hugging Face id; the policy's base when left out. */
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
    /** Optimiser steps of the first training. */
    steps: z.int().positive().default(300),
    /** Graded texts a pass, on each process. */
    batchSize: z.int().positive().default(32),
    /** Of AdamW in the first training. */
    learningRate: z.number().positive().default(5e-4),
    /**
     * MB that may be taken, with `train: head`, by what the backbone makes of all graded rows: each is then read once, however
     * often it is drawn. Where they would take more, or with 0, each is read as often as it is drawn.
     */
    statesMemory: z.number().min(0).optional(),
    /** Weight of the next-token loss that keeps the backbone reading images. */
    languageWeight: z.number().min(0).default(0),
    /** Steps of each retraining on preferences and replay. */
    retrainSteps: z.int().positive().default(80),
    /** Of each retraining; as in the first where left out. */
    retrainLearningRate: z.number().positive().optional(),
    /** Earlier graded rows replayed for each new preference row, so that nothing is forgotten. */
    replay: z.number().min(0).default(1),
    /** Algorithm 1 retrains in every cycle; false saves the last one, which no later cycle uses. */
    retrainAfterLast: z.boolean().default(true),
    /** Steps between two figures on screen and in the events. */
    loggingSteps: z.int().positive().default(10),
    /** Steps between two checkpoints. */
    saveSteps: z.int().positive().default(100),
    /** Texts that are scored at once. */
    scoreBatchSize: z.int().positive().default(32),
    /** Adapters learn in place of the backbone's weights, and are merged into the finished model. `language` keeps them out of the vision tower. */
    lora: loraConfigSchema.optional(),
    /** Its own number format; the policy's where it is left out. */
    dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16']).optional(),
    trainedWeights: trainedWeightsSchema,
  })
  .refine(hasWhereToAdapt, { path: ['lora'], error: headHasNoAdapters });
