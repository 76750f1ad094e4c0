/**
 * One image file as the loop can use it: decoded once to the end, so that a cut or broken file is found now; BMP, TIFF and
 * 16-bit files become 8-bit PNG, because neither remote models nor the trainers read them all. Changes no other file.
 */
import { readFile } from 'node:fs/promises';
import { decode as decodeBmp } from 'bmp-ts';
import sharp, { type Sharp } from 'sharp';
import { messageOf } from '../../errors.js';

export interface Picture {
  bytes: Uint8Array;
  /** With its dot. */
  extension: '.png' | '.jpg' | '.webp' | '.gif';
  width: number;
  height: number;
  /** The bytes are not the file's own. */
  converted: boolean;
  warnings: string[];
}

/** Kept as they are: what providers take and Pillow reads. */
const keptFormats: Readonly<Record<string, Picture['extension']>> = {
  png: '.png',
  jpeg: '.jpg',
  webp: '.webp',
  gif: '.gif',
};

/** File names that are worth opening in a folder of images. */
export const pictureNames = /\.(?:png|jpe?g|webp|gif|bmp|tiff?)$/i;

/** @returns The picture, or why it cannot be used. */
export async function readPicture(path: string): Promise<Picture | { reason: string }> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    return { reason: `cannot be read: ${messageOf(error)}` };
  }
  try {
    return file.toString('latin1', 0, 2) === 'BM' ? await fromBmp(file) : await fromFile(file);
  } catch (error) {
    return { reason: `is no whole image: ${messageOf(error).split('\n')[0] ?? ''}` };
  }
}

async function fromFile(file: Buffer): Promise<Picture | { reason: string }> {
  // `truncated` is below `error`: a file that ends too soon fails, odd metadata does not.
  const image = sharp(file, { failOn: 'error' });
  const { format, width, height, depth, channels } = await image.metadata();
  const extension = keptFormats[format];
  if (extension === undefined && format !== 'tiff') return { reason: `is a ${format} file, which is not read` };
  const warnings = (await isOneColour(image)) ? ['the image is of one colour'] : [];
  if (depth === 'uchar' && extension !== undefined)
    return { bytes: file, extension, width, height, converted: false, warnings };
  if (depth === 'uchar' || channels > 2) return { ...(await png(image.toColourspace('srgb'))), warnings };
  const { scaled, from, to } = await scaledGrey(image);
  return {
    ...(await png(scaled)),
    warnings: [...warnings, `${depth} pixels were scaled from ${from} … ${to} to 8 bit`],
  };
}

/** Reads the file to its end, so a cut one throws here; a thumbnail is all that is kept of it. */
async function isOneColour(image: Sharp): Promise<boolean> {
  const thumbnail = image.clone().resize(48, 48, { fit: 'fill', kernel: 'nearest' }).raw();
  const { data, info } = await thumbnail.toBuffer({ resolveWithObject: true });
  return data.every((value, index) => value === data[index % info.channels]);
}

/** 8-bit grey. Without a window the file's own range is the only honest one. */
async function scaledGrey(image: Sharp): Promise<{ scaled: Sharp; from: number; to: number }> {
  const raw = image.removeAlpha().toColourspace('grey16').raw({ depth: 'ushort' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  let [from, to] = [65_535, 0];
  for (const value of values) {
    if (value < from) from = value;
    if (value > to) to = value;
  }
  const pixels = Uint8Array.from({ length: info.width * info.height }, (_, index) =>
    Math.round((255 * ((values[index * info.channels] ?? 0) - from)) / Math.max(1, to - from)),
  );
  return { scaled: sharp(pixels, { raw: { width: info.width, height: info.height, channels: 1 } }), from, to };
}

async function fromBmp(file: Buffer): Promise<Picture> {
  // Asked for RGBA it still gives ABGR for files with a palette; unasked, always ABGR.
  const { data, width, height } = decodeBmp(file);
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    pixels[3 * at] = data[4 * at + 3] ?? 0;
    pixels[3 * at + 1] = data[4 * at + 2] ?? 0;
    pixels[3 * at + 2] = data[4 * at + 1] ?? 0;
  }
  return { ...(await png(sharp(pixels, { raw: { width, height, channels: 3 } }))), warnings: [] };
}

async function png(image: Sharp): Promise<Omit<Picture, 'warnings'>> {
  const { data, info } = await image.png().toBuffer({ resolveWithObject: true });
  return { bytes: data, extension: '.png', width: info.width, height: info.height, converted: true };
}
