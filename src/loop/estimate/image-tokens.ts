/** How many tokens an image becomes: in the model trained here, and in the bill of a generator. Pure. */
import { patch } from './architecture.js';

export interface ImageSize {
  width: number;
  height: number;
}

/** Pixels on an edge of one token after merging: 28. */
export const tokenEdge = patch.edge * patch.merge;

/**
 * Tokens of an image in Qwen2.5-VL: edges are rounded to multiples of 28, the whole is shrunk or enlarged into
 * [min, max] pixels keeping its shape, and each 28 x 28 square is one token.
 */
export function imageTokens({ width, height }: ImageSize, { min, max }: { min: number; max: number }): number {
  const pixels = width * height;
  let [columns, rows] = [width, height].map((edge) => Math.max(1, Math.round(edge / tokenEdge))) as [number, number];
  if (columns * rows * tokenEdge ** 2 > max) {
    const shrink = Math.sqrt(pixels / max);
    [columns, rows] = [width, height].map((edge) => Math.max(1, Math.floor(edge / shrink / tokenEdge))) as [
      number,
      number,
    ];
  } else if (columns * rows * tokenEdge ** 2 < min) {
    const enlarge = Math.sqrt(min / pixels);
    [columns, rows] = [width, height].map((edge) => Math.ceil((edge * enlarge) / tokenEdge)) as [number, number];
  }
  return columns * rows;
}

/** Tokens that Gemini 2.x counts for a picture: 258, or 258 for each tile where an edge is longer than 384 pixels. */
export function geminiImageTokens({ width, height }: ImageSize): number {
  if (width <= 384 && height <= 384) return 258;
  const tile = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)));
  return 258 * Math.ceil(width / tile) * Math.ceil(height / tile);
}
