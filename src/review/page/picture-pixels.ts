/**
 * An image's bytes as numbers, and numbers as something to see: window and level as viewers of clinical images have them.
 * PNGs of 16 bit are decoded here, since a browser would cut them to 8; all others by the browser.
 */
import { decode } from 'fast-png';

/** Values up to `low` are black, from `high` on white. */
export interface GreyWindow {
  low: number;
  high: number;
}

export interface Picture {
  width: number;
  height: number;
  /** Greatest value: 255 or 65,535. */
  most: number;
  /** [height, width, channels]: grey, grey and alpha, RGB, or RGBA. */
  values: Uint8ClampedArray | Uint16Array;
  channels: number;
  /** Where nothing else is asked for. */
  first: GreyWindow;
}

/** @throws Error where the bytes are no image that this browser can read. */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>, bits: 8 | 16): Promise<Picture> {
  if (bits === 16) {
    const { width, height, data, depth, channels } = decode(bytes);
    if (depth === 16) {
      const values = data as Uint16Array;
      return { width, height, most: 65_535, values, channels, first: seenWindow(values, channels) };
    }
  }
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (context === null) throw new Error('this browser cannot draw');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const values = context.getImageData(0, 0, width, height).data;
  return { width, height, most: 255, values, channels: 4, first: { low: 0, high: 255 } };
}

/** Alpha is no brightness. */
const coloursOf = (channels: number): number => (channels > 2 ? 3 : 1);

/**
 * From the 0.5th to the 99.5th percentile, as `import` scales deep pixels: scanners seldom use the whole range, and what
 * they leave unused would make all black.
 */
export function seenWindow(values: Uint16Array, channels: number): GreyWindow {
  const counts = new Uint32Array(65_536);
  let total = 0;
  for (let at = 0; at < values.length; at += channels)
    for (let channel = 0; channel < coloursOf(channels); channel++, total++) counts[values[at + channel] ?? 0]! += 1;
  const below = (share: number): number => {
    let left = share * total;
    const value = counts.findIndex((count) => (left -= count) <= 0);
    return Math.max(0, value);
  };
  const [low, high] = [below(0.005), below(0.995)];
  return high > low ? { low, high } : { low: 0, high: 65_535 };
}

/** RGBA, [height, width, 4]. */
export function windowed({ values, channels, most, width, height }: Picture, { low, high }: GreyWindow) {
  const shades = new Uint8ClampedArray(most + 1);
  for (let value = 0; value <= most; value++) shades[value] = (255 * (value - low)) / (high - low);
  const rgba = new Uint8ClampedArray(width * height * 4);
  if (channels === 1) {
    // Most clinical images, and the largest: one write a pixel keeps a drag smooth.
    const whole = new Uint32Array(rgba.buffer);
    const grey = Uint32Array.from(shades, (shade) => (255 << 24) | (shade * 0x01_01_01));
    for (let at = 0; at < whole.length; at++) whole[at] = grey[values[at]!]!;
    return rgba;
  }
  const [green, blue] = channels > 2 ? [1, 2] : [0, 0];
  const alpha = channels === 2 || channels === 4 ? channels - 1 : null;
  for (let from = 0, to = 0; from < values.length; from += channels, to += 4) {
    rgba[to] = shades[values[from]!]!;
    rgba[to + 1] = shades[values[from + green]!]!;
    rgba[to + 2] = shades[values[from + blue]!]!;
    rgba[to + 3] = alpha === null ? 255 : (values[from + alpha]! * 255) / most;
  }
  return rgba;
}

/** The window moved by shares of the range: never narrower than 1/512 of it, its middle never outside. */
export function shifted({ low, high }: GreyWindow, most: number, level: number, width: number): GreyWindow {
  const middle = Math.min(most, Math.max(0, (low + high) / 2 + level * most));
  const half = Math.min(most, Math.max(most / 512, high - low + width * most)) / 2;
  return { low: middle - half, high: middle + half };
}
