/** How many tokens an image takes in models of the Qwen2-VL family, in training and in every estimate. Pure. */

export interface VisionLimits {
  /** Side in pixels of the square that becomes one token: patch size × merge size. */
  tokenSide: number;
  minPixels: number;
  maxPixels: number;
  /** Tokens the language model can read at once. */
  context: number;
}

/** Of Qwen2.5-VL of every size, by its own files: 4 to 16,384 tokens an image. */
export const qwenLimits: VisionLimits = { tokenSide: 28, minPixels: 3136, maxPixels: 12_845_056, context: 128_000 };

export interface ImageSize {
  width: number;
  height: number;
}

/** Tokens of one image after the resizing of Qwen2-VL: sides become multiples of `tokenSide`, the area stays in limits. */
export function imageTokens(
  { width, height }: ImageSize,
  { tokenSide, minPixels, maxPixels }: Omit<VisionLimits, 'context'>,
): number {
  const tokens = (scale: number, round: (value: number) => number): number =>
    Math.max(1, round((width * scale) / tokenSide)) * Math.max(1, round((height * scale) / tokenSide));
  const plain = tokens(1, halfToEven);
  const pixels = plain * tokenSide ** 2;
  if (pixels > maxPixels) return tokens(Math.sqrt(maxPixels / (width * height)), Math.floor);
  if (pixels < minPixels) return tokens(Math.sqrt(minPixels / (width * height)), Math.ceil);
  return plain;
}

/** As Python rounds: 70 pixels are two squares of 28, 42 are two as well. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** The most tokens that any image can take. */
export function mostImageTokens({ tokenSide, minPixels, maxPixels }: Omit<VisionLimits, 'context'>): number {
  return Math.ceil(Math.max(minPixels, maxPixels) / tokenSide ** 2) + 1;
}

/** What a person limits images to takes the place of the model's own maximum, and of a minimum above it. */
export function limitedTo(limits: VisionLimits, maxPixels: number | undefined): VisionLimits {
  if (maxPixels === undefined) return limits;
  return { ...limits, maxPixels, minPixels: Math.min(limits.minPixels, maxPixels) };
}
