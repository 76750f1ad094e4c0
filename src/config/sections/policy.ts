/** Section `policy`: the base model π_ψ, its images and instruction, what of it learns, and its adapters. */
import { z } from 'zod';
import { fourBitsNeedAdapters, hasAdaptersToQuantize, loraConfigSchema } from '../trl-options/options-in-config.js';

/**
 * What weights that train are held in beside half-precision compute: `float32` (16 bytes a weight with AdamW; as where it is
 * left out), or the model's own `dtype` (8), which rounds most of a small update away. Adapters are float32 always.
 */
export const trainedWeightsSchema = z.enum(['float32', 'dtype']).optional();

const policyFields = z.strictObject({
  /** `phantom` is the tiny model that ships with medgr2 (`phantom-judge` is R_φ's); else a model folder or a Hugging Face id. */
  base: z.string().min(1).default('phantom'),
  /** SFT of each cycle starts from the base, or goes on from the previous cycle's policy. */
  start: z.enum(['base', 'previous']).default('base'),
  /** Number format of compute; `auto` is bfloat16 on a GPU that has it, else float32. */
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
