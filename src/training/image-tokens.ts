/**
 * How many tokens an image takes in models of the Qwen2-VL family, and whether that leaves room for words. Pure.
 * Only what cannot work is refused: how many tokens the words take is known to the tokenizer alone.
 */
import { ConfigError } from '../errors.js';

export interface VisionLimits {
  /** Side in pixels of the square that becomes one token: patch size × merge size. */
  tokenSide: number;
  minPixels: number;
  maxPixels: number;
  /** Tokens the language model can read at once. */
  context: number;
}

export interface ImageSize {
  width: number;
  height: number;
}

/** Tokens of one image after the resizing of Qwen2-VL: sides become multiples of `tokenSide`, the area stays in limits. */
export function imageTokens({ width, height }: ImageSize, { tokenSide, minPixels, maxPixels }: VisionLimits): number {
  const tokens = (scale: number, round: (value: number) => number): number =>
    Math.max(1, round((width * scale) / tokenSide)) * Math.max(1, round((height * scale) / tokenSide));
  const plain = tokens(1, Math.round);
  const pixels = plain * tokenSide ** 2;
  if (pixels > maxPixels) return tokens(Math.sqrt(maxPixels / (width * height)), Math.floor);
  if (pixels < minPixels) return tokens(Math.sqrt(minPixels / (width * height)), Math.ceil);
  return plain;
}

/** The most tokens that any image can take. */
export function mostImageTokens({ tokenSide, minPixels, maxPixels }: VisionLimits): number {
  return Math.ceil(Math.max(minPixels, maxPixels) / tokenSide ** 2) + 1;
}

export interface ImageBudget {
  limits: VisionLimits;
  /** Tokens of the completion that must fit beside the image. */
  completion: number;
  /** A shorter length that the job cuts its rows to, and the option that says so. */
  cut?: { length: number; option: string } | undefined;
}

/** Tokens that an image may take at most. */
export function imageRoom({ limits, completion, cut }: ImageBudget): number {
  return Math.min(limits.context - completion, cut?.length ?? Number.POSITIVE_INFINITY) - 1;
}

/**
 * Throws a ConfigError where an image does not leave a token for the question: the model would fail on the device, with a
 * message about image features that do not match.
 */
export function checkImageTokens(size: ImageSize, image: string, budget: ImageBudget): void {
  const { limits, completion, cut } = budget;
  const tokens = imageTokens(size, limits);
  const room = imageRoom(budget);
  if (tokens <= room) return;
  const isCut = cut !== undefined && cut.length < limits.context - completion;
  const why = isCut
    ? `${cut.option} cuts rows to ${cut.length}`
    : `the model reads ${limits.context} with a completion of ${completion}`;
  throw new ConfigError(
    'image-tokens',
    `The image of ${size.width} × ${size.height} pixels takes ${tokens} tokens, and ${why}.`,
    {
      where: image,
      remedy: `Set the model's maxPixels to ${Math.max(1, room) * limits.tokenSide ** 2} or less${isCut ? `, or raise ${cut.option}` : ''}.`,
    },
  );
}
