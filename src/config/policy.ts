/** Configuration of the policy π_ψ and its training by SFT and GRPO, and of how it is measured. */
import { z } from 'zod';
import { commonProblems, grpoProblems } from '../trl/batch.js';
import { fourBitsNeedAdapters, grpoTrlSchema, hasAdaptersToQuantize, loraConfigSchema, sftTrlSchema } from './trl.js';

/**
 * What weights that train are held in beside half-precision compute: `float32` (16 bytes a weight with AdamW; as where it is
 * left out), or the model's own `dtype` (8), which rounds most of a small update away. Adapters are float32 always.
 */
export const trainedWeightsSchema = z.enum(['float32', 'dtype']).optional();

const policyFields = z.strictObject({
  /** `phantom` is the tiny model that ships with medgr2; else a model folder or a Hugging Face id. */
  base: z.string().min(1).default('phantom'),
  /** SFT of each cycle starts from the base, or goes on from the previous cycle's policy. */
  start: z.enum(['base', 'previous']).default('base'),
  dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16']).default('auto'),
  /** Largest number of pixels an image is resized to. */
  maxPixels: z.int().positive().optional(),
  /** Format instruction after the question: none, think block and answer block, or answer block only. */
  instruction: z.enum(['none', 'think', 'answer']).default('none'),
  /**
   * What learns: `language` leaves the vision tower and its projector as they are, which is quicker and keeps a small
   * data set from spoiling what the tower sees.
   */
  train: z.enum(['all', 'language']).default('all'),
  trainedWeights: trainedWeightsSchema,
  lora: loraConfigSchema.optional(),
  /** While adapters train, the base below them is held in 4 bits (QLoRA); needs the extra bitsandbytes. */
  quantize: z.literal('4bit').optional(),
});

export const policySchema = policyFields.refine(hasAdaptersToQuantize, {
  path: ['quantize'],
  error: fourBitsNeedAdapters,
});

/** @param section Its name in the configuration, which messages point to. */
const sftFields = (section: string) =>
  z.strictObject({
    /** Passes over the samples; counts only where maxSteps is left out. */
    epochs: z.number().positive().default(3),
    maxSteps: z.int().positive().optional(),
    batchSize: z.int().positive().default(32),
    accumulation: z.int().positive().default(1),
    learningRate: z.number().positive().default(1e-3),
    loggingSteps: z.int().positive().default(10),
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
    const problems = commonProblems({ ...trl, max_steps: maxSteps, num_train_epochs: epochs });
    for (const { option, message } of problems) context.addIssue({ code: 'custom', path: ['trl', option], message });
  });

export const sftSchema = sftSchemaOf('sft');

const rewardsSchema = z.strictObject({
  /** r = α·R_φ + β·1[extract(a') = extract(a)] (MedGR² eq. 3). */
  alpha: z.number().min(0).default(0.8),
  beta: z.number().min(0).default(0.2),
  /** `unit` maps R_φ to [0, 1]; `raw` is the equation as printed. */
  scale: z.enum(['unit', 'raw']).default('unit'),
  /** Of the rule rewards of MedVLM-R1 and Med-R1: `ours` reads the answer, `published` is their code letter for letter. */
  reading: z.enum(['ours', 'published']).default('ours'),
});

export const grpoSchema = z
  .strictObject({
    maxSteps: z.int().positive().default(60),
    /** Completions per prompt: one group. */
    numGenerations: z.int().min(2).default(8),
    /** Completions per step; a multiple of numGenerations. */
    batchSize: z.int().positive().default(32),
    accumulation: z.int().positive().default(1),
    maxCompletionLength: z.int().positive().default(64),
    learningRate: z.number().positive().default(1e-4),
    /** Weight of the KL penalty against the SFT policy; 0 leaves the reference model out. */
    klBeta: z.number().min(0).default(0),
    temperature: z.number().gt(0).default(1),
    rewards: rewardsSchema.prefault({}),
    loggingSteps: z.int().positive().default(5),
    saveSteps: z.int().positive().default(20),
    shownCompletions: z.int().min(0).default(2),
    trl: grpoTrlSchema({
      max_steps: 'use grpo.maxSteps',
      num_generations: 'use grpo.numGenerations',
      per_device_train_batch_size: 'use grpo.batchSize',
      gradient_accumulation_steps: 'use grpo.accumulation',
      max_completion_length: 'use grpo.maxCompletionLength',
      learning_rate: 'use grpo.learningRate',
      beta: 'use grpo.klBeta',
      temperature: 'use grpo.temperature',
      logging_steps: 'use grpo.loggingSteps',
      save_steps: 'use grpo.saveSteps',
    }).default({}),
  })
  .superRefine(({ trl, ...grpo }, context) => {
    const options = {
      ...trl,
      num_generations: grpo.numGenerations,
      per_device_train_batch_size: grpo.batchSize,
      gradient_accumulation_steps: grpo.accumulation,
      max_steps: grpo.maxSteps,
    };
    for (const { option, message } of grpoProblems(options))
      context.addIssue({
        code: 'custom',
        path: option === 'num_generations' ? ['numGenerations'] : ['trl', option],
        message,
      });
  })
  .refine((grpo) => grpo.rewards.alpha + grpo.rewards.beta > 0, {
    path: ['rewards'],
    message: 'alpha and beta are both 0: nothing would be learned',
  });

export const evaluationSchema = z.strictObject({
  maxNewTokens: z.int().positive().default(64),
  batchSize: z.int().positive().default(64),
  /**
   * Likelihood of each option, which AUROC needs: `mean` log-probability of its tokens, so that long options are not worse
   * for being long, their `sum`, or `none`, which is faster.
   */
  likelihoods: z.enum(['none', 'mean', 'sum']).default('none'),
  /** Which answers are right: by our reader, or `published`, MedVLM-R1's script: a lone capital in the answer block. */
  reading: z.enum(['ours', 'published']).default('ours'),
  /** What the options follow: the question alone, or also what the policy itself reasoned before its answer. */
  reasoning: z.enum(['none', 'own']).default('none'),
});
