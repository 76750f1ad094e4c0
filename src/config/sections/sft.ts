/** Section `sft`: steps, batches, learning rate and TRL options of supervised fine-tuning. */
import { z } from 'zod';
import { sftProblems } from '../trl-options/option-conflicts.js';
import { sftTrlSchema } from '../trl-options/options-in-config.js';

/** @param section Its name in the configuration, which messages point to. */
const sftFields = (section: string) =>
  z.strictObject({
    /** Passes over the samples; counts only where maxSteps is left out. */
    epochs: z.number().positive().default(3),
    /** Optimiser steps; left out, `epochs` decides. */
    maxSteps: z.int().positive().optional(),
    /** Samples a pass, on each process. */
    batchSize: z.int().positive().default(32),
    /** Passes before the weights are updated. */
    accumulation: z.int().positive().default(1),
    /** Of AdamW at its highest. */
    learningRate: z.number().positive().default(1e-3),
    /** Steps between two figures on screen and in the events. */
    loggingSteps: z.int().positive().default(10),
    /** Steps between two checkpoints. */
    saveSteps: z.int().positive().default(50),
    trl: sftTrlSchema({
      num_train_epochs: `use ${section}.epochs`,
      max_steps: `use ${section}.maxSteps`,
      per_device_train_batch_size: `use ${section}.batchSize`,
      gradient_accumulation_steps: `use ${section}.accumulation`,
      learning_rate: `use ${section}.learningRate`,
      logging_steps: `use ${section}.loggingSteps`,
      save_steps: `use ${section}.saveSteps`,
    }).default({}),
  });

/** SFT of any model of the run. */
export const sftSchemaOf = (section: string) =>
  sftFields(section).superRefine(({ trl, maxSteps = -1, epochs }, context) => {
    const problems = sftProblems({ ...trl, max_steps: maxSteps, num_train_epochs: epochs });
    for (const { option, message } of problems) context.addIssue({ code: 'custom', path: ['trl', option], message });
  });

export const sftSchema = sftSchemaOf('sft');
