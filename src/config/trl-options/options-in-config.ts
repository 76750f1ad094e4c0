/** TRL options in a configuration: as in a job, and without those that have a setting of their own beside them. */
import { z } from 'zod';
import { grpoJobShape, sftJobShape, withRefusals } from './option-shapes.js';

/** @param settings TRL option -> the setting to use instead. */
export const sftTrlSchema = <const R extends Readonly<Record<string, string>>>(settings: R) =>
  z.strictObject(withRefusals(sftJobShape, settings));

/** @param settings TRL option -> the setting to use instead. */
export const grpoTrlSchema = <const R extends Readonly<Record<string, string>>>(settings: R) =>
  z.strictObject(withRefusals(grpoJobShape, settings));

export const loraConfigSchema = z.strictObject({
  /** Rank r of the adapters (LoRA). */
  rank: z.int().positive().default(16),
  /** Scale: adapters count alpha / rank. */
  alpha: z.number().positive().default(32),
  /** Share of adapter inputs that are dropped while training. */
  dropout: z.number().min(0).max(1).default(0),
  /** Layers that get adapters: names, a pattern, or `all-linear`. */
  targetModules: z.union([z.string(), z.array(z.string())]).default('all-linear'),
});

/** Of a policy's settings, in a configuration and in a job's spec. */
export const hasAdaptersToQuantize = ({ quantize, lora }: { quantize?: unknown; lora?: unknown }): boolean =>
  quantize === undefined || lora !== undefined;
export const fourBitsNeedAdapters =
  'quantize: 4bit is for a base that stays as it is below adapters (QLoRA): set lora, or leave quantize out';

/** Of a reward model's settings, in a configuration and in a job's spec. */
export const hasWhereToAdapt = ({ train, lora }: { train: string; lora?: unknown }): boolean =>
  train !== 'head' || lora === undefined;
export const headHasNoAdapters =
  'train: head leaves the backbone as it is, so there is nothing for adapters to learn: leave lora out, or train all or language';
