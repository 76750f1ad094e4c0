/** Checks before Python starts that a job's images leave room for words. Reads the model's folder and the images' sizes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { pythonSources } from '../bridge/paths.js';
import {
  checkImageTokens,
  imageRoom,
  mostImageTokens,
  type ImageBudget,
  type VisionLimits,
} from '../training/image-tokens.js';

const configSchema = z.object({
  max_position_embeddings: z.number().nullish(),
  text_config: z.object({ max_position_embeddings: z.number().nullish() }).nullish(),
  vision_config: z.object({ patch_size: z.number(), spatial_merge_size: z.number() }),
});
const edges = z.object({ shortest_edge: z.number(), longest_edge: z.number() });
const processorSchema = z.object({ size: edges });

/** Limits of a model in a local folder; null for one elsewhere, or of a family whose resizing is not known here. */
export async function readVisionLimits(model: string, maxPixels?: number): Promise<VisionLimits | null> {
  const folder = model === 'phantom' ? path.join(pythonSources, 'medgr2', 'phantom', 'base') : model;
  const config = configSchema.safeParse(await readJson(path.join(folder, 'config.json')));
  const whole = z
    .object({ image_processor: processorSchema })
    .safeParse(await readJson(path.join(folder, 'processor_config.json')));
  const alone = processorSchema.safeParse(await readJson(path.join(folder, 'preprocessor_config.json')));
  const size = whole.data?.image_processor.size ?? alone.data?.size;
  const context = config.data?.text_config?.max_position_embeddings ?? config.data?.max_position_embeddings;
  if (!config.success || size === undefined || context === undefined || context === null) return null;
  const { patch_size: patch, spatial_merge_size: merge } = config.data.vision_config;
  return {
    tokenSide: patch * merge,
    minPixels: Math.min(size.shortest_edge, maxPixels ?? size.shortest_edge),
    maxPixels: maxPixels ?? size.longest_edge,
    context,
  };
}

export interface BudgetOptions extends Omit<ImageBudget, 'limits'> {
  model: string | { path: string; maxPixels?: number | undefined };
}

/**
 * @throws ConfigError that names the first image whose tokens do not fit. Sizes are read only where some image might not.
 */
export async function checkImageBudget(images: readonly string[], { model, ...budget }: BudgetOptions): Promise<void> {
  const { path: folder, maxPixels } = typeof model === 'string' ? { path: model, maxPixels: undefined } : model;
  const limits = await readVisionLimits(folder, maxPixels);
  if (limits === null || mostImageTokens(limits) <= imageRoom({ ...budget, limits })) return;
  for (const image of new Set(images)) {
    const size = await sharp(image)
      .metadata()
      .catch(() => null); // an image that cannot be read is the job's to name
    if (size !== null) checkImageTokens(size, image, { ...budget, limits });
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
