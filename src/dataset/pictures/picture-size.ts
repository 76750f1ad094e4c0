/**
 * Sizes that models can take. Qwen's processors refuse a side 200 times the other; with sides of a few pixels processors take
 * rows for channels; Pillow refuses what could be a decompression bomb.
 */
import type { Sharp } from 'sharp';

export const shapeChoices = ['reject', 'letterbox'] as const;
/** What is done with a picture too long and thin for a model: left out, or set on a black square. */
export type ShapeChoice = (typeof shapeChoices)[number];

interface Size {
  width: number;
  height: number;
}

const longest = 200;
const shortest = 8;
const mostPixels = 89_478_485;

/** Sides of a letterboxed picture: far enough from the limits that no later rounding meets them. */
const padded = { ratio: 100, side: 28 };

/** Why no model takes a picture of this size; null where they do. */
export function shapeProblem({ width, height }: Size): { reason: string; mendable: boolean } | null {
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  const size = `is ${width} × ${height} pixels`;
  if (long * short > mostPixels)
    return { reason: `${size}, more than the ${mostPixels} that can be decoded: scale it down`, mendable: false };
  const pads = 'with --shape letterbox it is padded with black';
  if (long / short >= longest)
    return {
      reason: `${size}: one side is ${Math.round(long / short)} times the other, and models take less than ${longest}; ${pads}`,
      mendable: true,
    };
  if (short < shortest)
    return { reason: `${size}, and models need sides of at least ${shortest}; ${pads}`, mendable: true };
  return null;
}

/** With black around it so that models take it, and what was done. */
export function letterboxed(image: Sharp, { width, height }: Size): { image: Sharp; warning: string } {
  const least = Math.max(padded.side, Math.ceil(Math.max(width, height) / padded.ratio));
  const [x, y] = [Math.max(0, least - width), Math.max(0, least - height)];
  const [left, top] = [Math.floor(x / 2), Math.floor(y / 2)];
  return {
    image: image.extend({ left, right: x - left, top, bottom: y - top, background: 'black' }),
    warning: `padded with black from ${width} × ${height} pixels`,
  };
}
