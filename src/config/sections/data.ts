/** Sections `data`, where images and trusted samples come from, and `dataset`, what D_gen starts as. */
import { z } from 'zod';
import { modalitySchema } from '../../sample.js';

const count = z.int().positive();

/** Drawn images whose truth is known: nothing to download, and no medical evidence. */
export const phantomDataSchema = z.strictObject({
  source: z.literal('phantom'),
  /** Trusted samples the reward model is taught from. */
  seed: count.default(600),
  /** Held-out questions every policy is measured on. */
  test: count.default(480),
  /** Unlabeled images the generator writes samples about, over all cycles. */
  pool: count.default(900),
});

/** VQA-RAD (Lau et al. 2018): a folder with trainset.json and images/. */
export const vqaRadDataSchema = z.strictObject({
  source: z.literal('vqa-rad'),
  /** The folder; the environment variable MEDGR2_DATA stands in where it is left out. */
  path: z.string().min(1),
  /** Share of the images whose questions become the trusted samples; what neither part takes is the pool. Splits are by image. */
  seedShare: z.number().gt(0).lt(1).default(0.35),
  /** Share of the images whose questions are the test. */
  testShare: z.number().gt(0).lt(1).default(0.3),
  /** Most trusted samples, chosen with the seed; all of them when left out. */
  seedLimit: count.optional(),
  /** Most test questions. */
  testLimit: count.optional(),
});

/** A person's own data, as `medgr2 import` and `medgr2 split` write it. */
export const filesDataSchema = z.strictObject({
  source: z.literal('files'),
  /** Dataset folder of the trusted samples that is learned from; left out where a recipe learns from none. */
  seed: z.string().min(1).optional(),
  /** Dataset folder of the held-out questions; its images and patients may not be in the seed. */
  test: z.string().min(1),
  /** Dataset folder, or a plain folder of images, that the generator is asked about; left out where a recipe asks none. */
  pool: z.string().min(1).optional(),
  /** Of the images of a plain folder. */
  modality: modalitySchema.default('unknown'),
  /** Most trusted samples, chosen with the seed; all of them when left out. */
  seedLimit: count.optional(),
  /** Most test questions. */
  testLimit: count.optional(),
  /** Most images of the pool. */
  poolLimit: count.optional(),
});

export const dataSchema = z
  .discriminatedUnion('source', [phantomDataSchema, vqaRadDataSchema, filesDataSchema])
  .refine((data) => data.source !== 'vqa-rad' || data.seedShare + data.testShare < 1, {
    path: ['testShare'],
    message: 'seedShare and testShare together must leave images for the pool (sum below 1)',
  });
export type DataConfig = z.output<typeof dataSchema>;

export const datasetSchema = z.strictObject({
  /** Algorithm 1, line 1: D_gen starts as the seed data, without the gold set (see `guards.gold`). */
  includeSeed: z.boolean().default(true),
});
