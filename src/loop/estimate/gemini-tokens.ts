/** How many tokens an image becomes in the bill of a generator. Pure. */
import type { ImageSize } from '../../job-spec/checks/image-tokens.js';

/** Tokens that Gemini 2.x counts for a picture: 258, or 258 for each tile where an edge is longer than 384 pixels. */
export function geminiImageTokens({ width, height }: ImageSize): number {
  if (width <= 384 && height <= 384) return 258;
  const tile = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)));
  return 258 * Math.ceil(width / tile) * Math.ceil(height / tile);
}
