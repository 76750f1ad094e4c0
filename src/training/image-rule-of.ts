/** Reads a family's rule of image tokens out of a model's files, and narrows it as `maxPixels` does. Pure. */
import { z } from 'zod';
import type { ImageRule } from './image-rules.js';
import { limitedTo } from './image-tokens.js';

/** What a model's folder says of images: config.json, preprocessor_config.json, processor_config.json; null where one is not there. */
export interface ImageFiles {
  config: unknown;
  preprocessor: unknown;
  processor: unknown;
}

const number = z.number().nullish();
const edges = z.object({ height: number, width: number, longest_edge: number, shortest_edge: number });
/** Older files say a square by its edge. */
const sizeSetting = z
  .union([edges, z.number().transform((edge) => edges.parse({ height: edge, width: edge }))])
  .nullish();

const imageSettings = z.object({
  size: sizeSetting,
  crop_size: sizeSetting,
  min_pixels: number,
  max_pixels: number,
  patch_size: z.unknown().optional(),
  temporal_patch_size: number,
  merge_size: number,
  max_image_size: z.object({ longest_edge: z.number() }).nullish(),
  do_image_splitting: z.boolean().nullish(),
  min_patches: number,
  max_patches: number,
  image_seq_length: number,
  image_grid_pinpoints: z.array(z.tuple([z.number(), z.number()])).nullish(),
  image_processor_type: z.string().nullish(),
});
type ImageSettings = z.output<typeof imageSettings>;

const processorSettings = z.object({
  patch_size: number,
  num_additional_image_tokens: number,
  vision_feature_select_strategy: z.string().nullish(),
  vision_aspect_ratio: z.string().nullish(),
  image_seq_length: number,
  image_seq_len: number,
  num_image_tokens: number,
});

const configSettings = z.object({
  model_type: z.string(),
  vision_config: z
    .object({ patch_size: z.unknown().optional(), spatial_merge_size: number, num_image_tokens: number })
    .nullish(),
  mm_tokens_per_image: number,
});
type Family = z.output<typeof configSettings>;
type Processor = z.output<typeof processorSettings>;

/** Null for a family that is not known, and for files that leave out what its rule needs. */
export function imageRuleOf(files: ImageFiles): ImageRule | null {
  const family = configSettings.safeParse(files.config).data;
  const processor = processorSettings.safeParse(files.processor ?? {}).data;
  const inner = z.object({ image_processor: z.looseObject({}).nullish() }).safeParse(files.processor).data;
  const outer = z.looseObject({}).safeParse(files.preprocessor).data;
  const images = imageSettings.safeParse({ ...outer, ...inner?.image_processor }).data;
  if (family === undefined || processor === undefined || images === undefined) return null;
  return families[family.model_type]?.(images, processor, family) ?? null;
}

type Reader = (images: ImageSettings, processor: Processor, family: Family) => ImageRule | null;

const area: Reader = (images, _, { vision_config: vision }) => {
  const minPixels = images.min_pixels ?? images.size?.shortest_edge;
  const maxPixels = images.max_pixels ?? images.size?.longest_edge;
  const patch = Number(images.patch_size ?? vision?.patch_size);
  const merge = Number(images.merge_size ?? vision?.spatial_merge_size);
  if (typeof minPixels !== 'number' || typeof maxPixels !== 'number' || !(patch > 0) || !(merge > 0)) return null;
  // GLM-4V counts an image once for each of the frames that it is made into.
  const frames = images.image_processor_type?.startsWith('Glm') === true ? (images.temporal_patch_size ?? 2) : 1;
  return { kind: 'area', tokenSide: patch * merge, minPixels: minPixels / frames, maxPixels: maxPixels / frames };
};

const llava: Reader = ({ crop_size: crop, size }, processor, { vision_config: vision }) => {
  const shown = crop ?? size;
  const patch = Number(processor.patch_size ?? vision?.patch_size);
  const height = shown?.height ?? shown?.shortest_edge;
  const width = shown?.width ?? shown?.shortest_edge;
  if (typeof height !== 'number' || typeof width !== 'number' || !(patch > 0)) return null;
  const first = processor.vision_feature_select_strategy === 'default' ? 1 : 0;
  const more = (processor.num_additional_image_tokens ?? 0) - first;
  return { kind: 'fixed', tokens: Math.floor(height / patch) * Math.floor(width / patch) + more };
};

const gemma: Reader = (images, processor, family) => ({
  kind: 'fixed',
  tokens: processor.image_seq_length ?? images.image_seq_length ?? family.mm_tokens_per_image ?? 256,
});

const paligemma: Reader = (images, processor, { vision_config: vision }) => {
  const tokens = images.image_seq_length ?? processor.image_seq_length ?? vision?.num_image_tokens;
  return typeof tokens === 'number' ? { kind: 'fixed', tokens } : null;
};

const internvl: Reader = ({ size, min_patches: least, max_patches: most }, processor) => {
  if (typeof size?.height !== 'number' || typeof size.width !== 'number') return null;
  const tiles = { width: size.width, height: size.height, least: least ?? 1, most: most ?? 12 };
  return { kind: 'tiles', ...tiles, perTile: processor.image_seq_length ?? 256 };
};

const idefics =
  (perTile: number): Reader =>
  ({ size, max_image_size: tile, do_image_splitting: splits }, processor) => {
    if (typeof size?.longest_edge !== 'number' || typeof tile?.longest_edge !== 'number') return null;
    const given = processor.image_seq_len ?? perTile;
    return { kind: 'rows', edge: size.longest_edge, tile: tile.longest_edge, perTile: given, splits: splits ?? true };
  };

const onevision: Reader = ({ size, image_grid_pinpoints: grids }, processor) => {
  const edge = size?.shortest_edge ?? Math.min(size?.height ?? 0, size?.width ?? 0);
  const perTile = processor.num_image_tokens;
  if (grids === null || grids === undefined || edge === 0 || typeof perTile !== 'number') return null;
  const most = Number((processor.vision_aspect_ratio ?? 'anyres_max_9').replace(/^anyres_max_/, ''));
  return { kind: 'grids', grids, base: edge, perTile, most };
};

const families: Readonly<Record<string, Reader | undefined>> = {
  qwen2_vl: area,
  qwen2_5_vl: area,
  qwen3_vl: area,
  qwen3_vl_moe: area,
  glm4v: area,
  glm4v_moe: area,
  llava,
  gemma3: gemma,
  paligemma,
  internvl,
  idefics3: idefics(169),
  smolvlm: idefics(169),
  llava_onevision: onevision,
  mllama: () => ({ kind: 'fixed', tokens: 1 }),
};

/** As py/medgr2/pixel_limits.py narrows what a processor does; a limit below what a family reads at least is the job's to refuse. */
export function limitedRule(rule: ImageRule, maxPixels: number | undefined): ImageRule {
  if (maxPixels === undefined) return rule;
  switch (rule.kind) {
    case 'area':
      return { ...rule, ...limitedTo({ ...rule, context: 0 }, maxPixels), kind: 'area' };
    case 'fixed':
      return rule;
    case 'tiles': {
      const most = Math.max(1, Math.min(rule.most, Math.floor(maxPixels / (rule.width * rule.height))));
      return { ...rule, most, least: Math.min(rule.least, most) };
    }
    case 'rows': {
      const tiles = Math.max(1, Math.floor(Math.sqrt(maxPixels) / rule.tile));
      return { ...rule, edge: Math.min(rule.edge, tiles * rule.tile) };
    }
    case 'grids': {
      const kept = rule.grids.filter(([height, width]) => height * width <= maxPixels);
      return kept.length === 0 ? rule : { ...rule, grids: kept };
    }
  }
}
