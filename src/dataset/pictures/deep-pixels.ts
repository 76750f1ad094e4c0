/**
 * Pixels of more than 8 bits as 8-bit ones. The window goes from the 0.5th to the 99.5th percentile, as that of clinical files
 * without one of their own (`medgr2.clinical.clinical_pixels.own_window`): a few hot pixels do not darken all others.
 */
import sharp, { type Metadata, type Sharp } from 'sharp';

/** Above this, percentiles come from evenly chosen pixels. */
const mostSorted = 4_000_000;
/** libvips takes signed numbers of 16 bit for unsigned ones, and those below 0 for 0: they are lifted over it. */
const shortRange = 32_768;
/** Colours of 16 bit whose brightest pixels stay below a quarter of the range are those of a camera of 12 to 14 bit. */
const darkBelow = 65_536 / 4;

export interface ScaledPixels {
  image: Sharp;
  warning: string | null;
}

/** @throws Error whose message says why there is no picture. */
export async function scaledPixels(image: Sharp, metadata: Metadata): Promise<ScaledPixels> {
  const { depth, hasAlpha } = metadata;
  const colours = metadata.channels - (hasAlpha ? 1 : 0) > 2;
  // Asked for in their own space, pixels come as they are: any other way they are cut to the range of 8 or 16 bit.
  const { space } = metadata;
  const lifted = depth === 'short' ? shortRange : 0;
  const whole16 = lifted === 0 ? image.clone() : image.clone().linear(1, lifted);
  const raw = whole16.pipelineColourspace(space).toColourspace(space).raw({ depth: 'float' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const values = new Float32Array(data.buffer, data.byteOffset, data.length / 4);
  if (lifted > 0) for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) - lifted;
  const { width, height, channels } = info;
  const shown = colours ? 3 : 1;
  const alphaAt = hasAlpha ? channels - 1 : null;
  const opaque = depth === 'ushort' ? 65_535 : alphaAt === null ? 1 : greatest(values, alphaAt, channels);
  const alphaOf = (pixel: number): number =>
    alphaAt === null ? 1 : Math.min(1, (values[pixel * channels + alphaAt] ?? 0) / Math.max(opaque, 1e-9));
  const seen = seenValues(values, { channels, shown, pixels: width * height, alphaOf });
  if (seen.length === 0) throw new Error('it holds no pixel with a value');
  const found = windowOf(seen);
  const whole = colours && depth === 'ushort' && found.high >= darkBelow;
  const { low, high } = whole ? { low: 0, high: 65_535 } : found;
  const pixels = new Uint8Array(width * height * shown);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = alphaOf(pixel);
    for (let channel = 0; channel < shown; channel++) {
      const value = values[pixel * channels + channel] ?? 0;
      const share = Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, (value - low) / (high - low)));
      pixels[pixel * shown + channel] = Math.round(255 * (alpha * share + 1 - alpha));
    }
  }
  const warning = whole ? null : `${depth} pixels were scaled from ${brief(low)} … ${brief(high)} to 8 bit`;
  return { image: sharp(pixels, { raw: { width, height, channels: shown } }), warning };
}

/** All that can be seen and is a number, sorted. */
function seenValues(
  values: Float32Array,
  {
    channels,
    shown,
    pixels,
    alphaOf,
  }: { channels: number; shown: number; pixels: number; alphaOf: (pixel: number) => number },
): Float32Array {
  const step = Math.max(1, Math.floor((pixels * shown) / mostSorted));
  const seen = new Float32Array(Math.ceil(pixels / step) * shown);
  let count = 0;
  for (let pixel = 0; pixel < pixels; pixel += step) {
    if (alphaOf(pixel) === 0) continue;
    for (let channel = 0; channel < shown; channel++) {
      const value = values[pixel * channels + channel] ?? Number.NaN;
      if (Number.isFinite(value)) seen[count++] = value;
    }
  }
  return seen.subarray(0, count).sort();
}

function windowOf(sorted: Float32Array): { low: number; high: number } {
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? 0;
    return below + (place % 1) * ((sorted[Math.ceil(place)] ?? below) - below);
  };
  let [low, high] = [at(0.005), at(0.995)];
  if (high <= low) [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  return high > low ? { low, high } : { low, high: low + 1 };
}

function greatest(values: Float32Array, from: number, step: number): number {
  let most = 0;
  for (let at = from; at < values.length; at += step) most = Math.max(most, values[at] ?? 0);
  return most;
}

const brief = (value: number): string => String(Number(value.toPrecision(6)));
