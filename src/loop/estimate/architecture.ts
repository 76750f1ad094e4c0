/**
 * Sizes of Qwen2.5-VL models: parameters counted from the shape, as transformers builds it. Pure; other families are
 * taken for the Qwen2.5-VL of the nearest size, and said to be.
 */
import { z } from 'zod';
import { limitedRule } from '../../training/image-rule-of.js';
import type { ImageRule } from '../../training/image-rules.js';
import { qwenLimits } from '../../training/image-tokens.js';

export interface VlmShape {
  /** Model that the shape belongs to. */
  name: string;
  text: {
    hidden: number;
    intermediate: number;
    layers: number;
    heads: number;
    keyValueHeads: number;
    vocabulary: number;
    /** The output layer is the embedding itself. */
    tied: boolean;
  };
  vision: { hidden: number; intermediate: number; depth: number };
  /** Pixels an image is resized to at least and at most, where the configuration says nothing. */
  pixels: { min: number; max: number };
}

/** Edge of a patch, patches merged into one token per edge, and frames a patch spans. */
export const patch = { edge: 14, merge: 2, frames: 2, channels: 3 };
/** Pixels on an edge of one token after merging: 28. */
export const tokenEdge = patch.edge * patch.merge;

const qwenVision = { hidden: 1280, intermediate: 3420, depth: 32 };
const qwenPixels = { min: qwenLimits.minPixels, max: qwenLimits.maxPixels };

const shapes = {
  '3B': {
    hidden: 2048,
    intermediate: 11_008,
    layers: 36,
    heads: 16,
    keyValueHeads: 2,
    vocabulary: 151_936,
    tied: true,
  },
  '7B': {
    hidden: 3584,
    intermediate: 18_944,
    layers: 28,
    heads: 28,
    keyValueHeads: 4,
    vocabulary: 152_064,
    tied: false,
  },
  '32B': {
    hidden: 5120,
    intermediate: 27_648,
    layers: 64,
    heads: 40,
    keyValueHeads: 8,
    vocabulary: 152_064,
    tied: false,
  },
  '72B': {
    hidden: 8192,
    intermediate: 29_568,
    layers: 80,
    heads: 64,
    keyValueHeads: 8,
    vocabulary: 152_064,
    tied: false,
  },
} as const satisfies Record<string, VlmShape['text']>;

const vision32B = { ...qwenVision, intermediate: 3456 };

/** A model by name, and whether its shape is known or that of the nearest size; null where the name says no size. */
export function shapeByName(reference: string): { shape: VlmShape; exact: boolean } | null {
  const billions = Number(/(\d+(?:\.\d+)?)\s*b\b/i.exec(reference)?.[1] ?? Number.NaN);
  const found = nearestShape(billions);
  if (found === null) return null;
  const exact = /qwen2\.5-vl/i.test(reference) && found.shape.name.endsWith(`-${billions}B`);
  return { shape: found.shape, exact };
}

/** The known shape whose size is nearest, as one that is not the model's own. */
export function nearestShape(billions: number): { shape: VlmShape; exact: false } | null {
  if (!Number.isFinite(billions) || billions <= 0) return null;
  const ranked = (Object.keys(shapes) as (keyof typeof shapes)[]).toSorted(
    (a, b) => distance(Number.parseInt(a, 10), billions) - distance(Number.parseInt(b, 10), billions),
  );
  const size = ranked[0] ?? '7B';
  const vision = size === '32B' || size === '72B' ? vision32B : qwenVision;
  return { shape: { name: `Qwen2.5-VL-${size}`, text: shapes[size], vision, pixels: qwenPixels }, exact: false };
}

const distance = (a: number, b: number): number => Math.abs(Math.log(a / b));

const configSchema = z.object({
  model_type: z.literal('qwen2_5_vl'),
  tie_word_embeddings: z.boolean().default(false),
  text_config: z.object({
    hidden_size: z.int(),
    intermediate_size: z.int(),
    num_hidden_layers: z.int(),
    num_attention_heads: z.int(),
    num_key_value_heads: z.int(),
    vocab_size: z.int(),
  }),
  vision_config: z.object({ hidden_size: z.int(), intermediate_size: z.int(), depth: z.int() }),
});

/** The shape in a model folder's config.json, in either of its layouts; null for another family. */
export function shapeOfConfig(name: string, config: unknown, pixels: VlmShape['pixels'] = qwenPixels): VlmShape | null {
  // Earlier files keep the text model's sizes at the top level.
  const flat = typeof config === 'object' && config !== null && !('text_config' in config);
  const parsed = configSchema.safeParse(flat ? { ...config, text_config: config } : config);
  if (!parsed.success) return null;
  const { text_config: text, vision_config: vision, tie_word_embeddings: tied } = parsed.data;
  return {
    name,
    text: {
      hidden: text.hidden_size,
      intermediate: text.intermediate_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      keyValueHeads: text.num_key_value_heads,
      vocabulary: text.vocab_size,
      tied,
    },
    vision: { hidden: vision.hidden_size, intermediate: vision.intermediate_size, depth: vision.depth },
    pixels,
  };
}

/** A linear layer: inputs, outputs, and whether it has a bias. */
type Linear = readonly [number, number, 'bias' | 'no bias'];

function textLinears({ text }: VlmShape): Linear[] {
  const { hidden, intermediate, heads, keyValueHeads } = text;
  const narrow = (hidden / heads) * keyValueHeads;
  return [
    [hidden, hidden, 'bias'],
    [hidden, narrow, 'bias'],
    [hidden, narrow, 'bias'],
    [hidden, hidden, 'no bias'],
    [hidden, intermediate, 'no bias'],
    [hidden, intermediate, 'no bias'],
    [intermediate, hidden, 'no bias'],
  ];
}

function visionLinears({ vision }: VlmShape): Linear[] {
  const { hidden, intermediate } = vision;
  return [
    [hidden, 3 * hidden, 'bias'],
    [hidden, hidden, 'bias'],
    [hidden, intermediate, 'bias'],
    [hidden, intermediate, 'bias'],
    [intermediate, hidden, 'bias'],
  ];
}

function mergerLinears({ vision, text }: VlmShape): Linear[] {
  const merged = vision.hidden * patch.merge ** 2;
  return [
    [merged, merged, 'bias'],
    [merged, text.hidden, 'bias'],
  ];
}

const weights = ([inputs, outputs, bias]: Linear): number => inputs * outputs + (bias === 'bias' ? outputs : 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export interface ParameterCount {
  total: number;
  /** Vision tower with merger: every patch passes through it. */
  vision: number;
  /** What every token passes through: the layers and the output layer, not the table of embeddings. */
  perToken: number;
}

export function countParameters(shape: VlmShape): ParameterCount {
  const { text, vision } = shape;
  const table = text.vocabulary * text.hidden;
  const layers = text.layers * (sum(textLinears(shape).map(weights)) + 2 * text.hidden) + text.hidden;
  const embedding = patch.channels * patch.frames * patch.edge ** 2 * vision.hidden;
  const blocks = vision.depth * (sum(visionLinears(shape).map(weights)) + 2 * vision.hidden);
  const merger = vision.hidden + sum(mergerLinears(shape).map(weights));
  const seen = embedding + blocks + merger;
  return { total: layers + table * (text.tied ? 1 : 2) + seen, vision: seen, perToken: layers + table };
}

/** Parameters of LoRA adapters of a rank on all linear layers but the output (peft's `all-linear`). */
export function countLora(shape: VlmShape, rank: number): number {
  const adapters = (linears: readonly Linear[]): number =>
    rank * sum(linears.map(([inputs, outputs]) => inputs + outputs));
  return (
    shape.text.layers * adapters(textLinears(shape)) +
    shape.vision.depth * adapters(visionLinears(shape)) +
    adapters(mergerLinears(shape))
  );
}

/** A model's own rule of image tokens, or Qwen2.5-VL's, within the configuration's maximum. */
export function imageRuleFor(
  model: { shape: VlmShape; images?: ImageRule | undefined } | null,
  maxPixels: number | undefined,
): ImageRule {
  const { min, max } = model?.shape.pixels ?? qwenPixels;
  const qwen = { kind: 'area', tokenSide: tokenEdge, minPixels: min, maxPixels: max } as const;
  return limitedRule(model?.images ?? qwen, maxPixels);
}
