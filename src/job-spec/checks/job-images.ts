/** Looks, before Python starts, whether a job's images leave room for words. Reads models' folders and the images' sizes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { shippedModel } from '../../bridge/environment/shipped-models.js';
import { readParquet } from '../../dataset/tables/table.js';
import {
  budgetsOf,
  checkImageTokens,
  mayBreak,
  type AnySpec,
  type BudgetNames,
  type ImageBudget,
} from './image-token-budget.js';
import { limitedTo, qwenLimits, type ImageSize, type VisionLimits } from './image-tokens.js';

/** Either layout of a Qwen2-VL's config.json: earlier files keep the text model's settings at the top. */
const configSchema = z.object({
  max_position_embeddings: z.number().nullish(),
  text_config: z.object({ max_position_embeddings: z.number().nullish() }).nullish(),
  vision_config: z.object({ patch_size: z.number(), spatial_merge_size: z.number() }),
});

/** Limits of a model in a local folder, or of one whose name says them; null where neither tells. */
export async function readVisionLimits(model: string): Promise<VisionLimits | null> {
  if (/^Qwen\/Qwen2\.5-VL-\d+B-Instruct$/.test(model)) return qwenLimits;
  const folder = modelFolder(model);
  const config = configSchema.safeParse(await readJson(path.join(folder, 'config.json')));
  const pixels = await readPixels(folder);
  const context = config.data?.text_config?.max_position_embeddings ?? config.data?.max_position_embeddings;
  if (!config.success || pixels === null || context === undefined || context === null) return null;
  const { patch_size: patch, spatial_merge_size: merge } = config.data.vision_config;
  return { tokenSide: patch * merge, minPixels: pixels.min, maxPixels: pixels.max, context };
}

const number = z.number().nullish();
const pixelSettings = z.object({
  min_pixels: number,
  max_pixels: number,
  size: z.object({ shortest_edge: number, longest_edge: number }).nullish(),
  image_processor_type: z.string().nullish(),
  temporal_patch_size: number,
});
const processorSchema = pixelSettings.extend({ image_processor: pixelSettings.nullish() });

/** The image processor's limits, from whichever file and in whichever words transformers wrote them. */
export async function readPixels(folder: string): Promise<{ min: number; max: number } | null> {
  for (const name of ['preprocessor_config.json', 'processor_config.json']) {
    const file = processorSchema.safeParse(await readJson(path.join(folder, name))).data;
    const settings = file?.image_processor ?? file;
    const min = settings?.min_pixels ?? settings?.size?.shortest_edge;
    const max = settings?.max_pixels ?? settings?.size?.longest_edge;
    // GLM-4V counts an image once for each of the frames that it is made into.
    const frames = settings?.image_processor_type?.startsWith('Glm') === true ? (settings.temporal_patch_size ?? 2) : 1;
    if (typeof min === 'number' && typeof max === 'number') return { min: min / frames, max: max / frames };
  }
  return null;
}

const modelFolder = (model: string): string => shippedModel(model) ?? model;

/** A budget that some image might break, with the limits of its model. */
export interface TightBudget {
  budget: ImageBudget;
  limits: VisionLimits;
  names: BudgetNames;
}

/** The budgets of a job that some image might break: mostly none. Models whose limits are unknown are not judged. */
export async function tightBudgets(spec: AnySpec, names: BudgetNames = {}): Promise<TightBudget[]> {
  const found = await Promise.all(
    budgetsOf(spec).map(async (budget) => {
      const own = await readVisionLimits(budget.model.path);
      const limits = own === null ? null : limitedTo(own, budget.model.maxPixels);
      return limits !== null && mayBreak(budget, limits) ? [{ budget, limits, names }] : [];
    }),
  );
  return found.flat();
}

/** @throws ConfigError that names the first image whose tokens do not fit, and the settings that would do. */
export async function checkImages(
  images: Iterable<string>,
  tight: readonly TightBudget[],
  sizeOf = fileSize,
): Promise<void> {
  if (tight.length === 0) return;
  for (const image of new Set(images)) {
    const size = await sizeOf(image);
    if (size === null) continue;
    for (const { budget, limits, names } of tight) checkImageTokens(size, image, budget, limits, names);
  }
}

/** Null for a file that is no image: that is the job's to name. */
export const fileSize = (file: string): Promise<ImageSize | null> =>
  sharp(file)
    .metadata()
    .catch(() => null);

/**
 * The same for the images that the rows of a job name. Rows are read only where some image might not fit.
 * @param names What its options are called where they were set.
 */
export async function checkJobImages(spec: AnySpec, names: BudgetNames = {}): Promise<void> {
  const tight = await tightBudgets(spec, names);
  if (tight.length === 0) return;
  const rows = await readParquet<{ image: string }>(spec.data);
  await checkImages(
    rows.map(({ image }) => image),
    tight,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
