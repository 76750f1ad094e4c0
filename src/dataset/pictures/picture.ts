/**
 * One image file as the loop can use it: what a person sees of it and nothing more. Decoded once to the end, so that a cut or
 * broken file is found now; turned upright, in sRGB, on white, of 8 bits, without metadata. Changes no file.
 */
import { readFile } from 'node:fs/promises';
import { decode as decodeBmp } from 'bmp-ts';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { messageOf } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { scaledPixels } from './deep-pixels.js';
import { headLength, kindOf, sentence } from '../import/unreadable-image.js';
import { bareJpeg } from './jpeg.js';
import { pngContent, withEarlyExif } from './png.js';
import { letterboxed, shapeProblem, type ShapeChoice } from './picture-size.js';
import { requireFile } from '../../file-kind.js';

/** `any`: of whatever shape, where no model is to read it. */
type Shape = ShapeChoice | 'any';

export interface Picture {
  bytes: Uint8Array;
  /** With its dot. */
  extension: '.png' | '.jpg';
  width: number;
  height: number;
  /** sha256 of the file as it was. */
  originalHash: string;
  /** `pixels`: others than those that the file's decoder gives; `metadata`: the same without what was beside them. */
  changed: 'nothing' | 'metadata' | 'pixels';
  warnings: string[];
}

/** Where an image cannot be used. */
export interface PictureProblem {
  reason: string;
}

/** Pillow and libvips make other pictures of it, and neither says by which white. */
const cielab = 'has CIELab colours, which are not read: convert it to RGB first';
const readFormats = new Set(['png', 'jpeg', 'webp', 'gif', 'tiff']);

/** @returns The picture, or why it cannot be used. */
export async function readPicture(path: string, shape: Shape = 'reject'): Promise<Picture | PictureProblem> {
  let file: Buffer;
  try {
    requireFile(path);
    file = await readFile(path);
  } catch (error) {
    return { reason: `cannot be read: ${messageOf(error)}` };
  }
  return cleanPicture(file, shape);
}

/** The same of bytes. A picture that is clean already comes back byte for byte. */
export async function cleanPicture(file: Buffer, shape: Shape = 'reject'): Promise<Picture | PictureProblem> {
  try {
    if (file.length === 0) return { reason: 'is empty' };
    const other = kindOf('', file.subarray(0, headLength));
    if (other !== null) return { reason: sentence(other) };
    const result = file.toString('latin1', 0, 2) === 'BM' ? await fromBmp(file, shape) : await fromFile(file, shape);
    return 'reason' in result ? result : { ...result, originalHash: sha256(file) };
  } catch (error) {
    // libvips takes those of 8 bits for a format of its own.
    if (messageOf(error).includes('labq')) return { reason: cielab };
    return { reason: `is no whole image: ${messageOf(error).split('\n')[0] ?? ''}` };
  }
}

type Made = Omit<Picture, 'originalHash'>;

async function fromFile(given: Buffer, shape: Shape): Promise<Made | PictureProblem> {
  const file = withEarlyExif(given);
  // `truncated` is below `error`: a file that ends too soon fails, odd metadata does not.
  const opened = sharp(file, { failOn: 'error', limitInputPixels: false });
  const metadata = await opened.metadata();
  if (!readFormats.has(metadata.format)) return { reason: `is a ${metadata.format} file, which is not read` };
  if (/^labs?$/.test(metadata.space)) return { reason: cielab };
  const size = metadata.autoOrient;
  const problem = shape === 'any' ? null : shapeProblem(size);
  if (problem !== null && (shape === 'reject' || !problem.mendable)) return { reason: problem.reason };
  const jpeg = metadata.format === 'jpeg' ? bareJpeg(file) : null;
  const content = metadata.format === 'png' ? pngContent(file) : null;
  const warnings = framesNote(metadata, content?.frames ?? jpeg?.pictures ?? metadata.pages ?? 1);
  const { image, changes } = await asSeen(opened, metadata);
  warnings.push(...changes);
  const plain = changes.length === 0 && problem === null && metadata.depth === 'uchar';
  if (plain && !(await hasOwnColours(file, metadata))) {
    const kept = jpeg?.bytes ?? (content?.bare === true && !metadata.hasAlpha ? given : null);
    if (kept !== null) {
      const changed = kept.equals(file) ? 'nothing' : 'metadata';
      const extension = jpeg === null ? '.png' : '.jpg';
      // What is only passed on need not be decoded.
      if (shape !== 'any') warnings.push(...(await oneColourNote(opened)));
      return { bytes: kept, extension, ...size, changed, warnings };
    }
  }
  const same = plain && metadata.icc === undefined && metadata.space !== 'cmyk';
  return finished(image, { size, padded: problem !== null, changed: same ? 'metadata' : 'pixels', warnings });
}

/** The picture upright, without transparency and of 8 bits, and what had to be done for it. */
async function asSeen(opened: Sharp, metadata: Metadata): Promise<{ image: Sharp; changes: string[] }> {
  const changes: string[] = [];
  const turned = (metadata.orientation ?? 1) > 1;
  if (turned) changes.push('turned upright, as its metadata says');
  // A clone copies the file, too.
  let image = turned ? opened.clone().autoOrient() : opened;
  const transparent = metadata.hasAlpha && (await hasTransparency(opened));
  if (transparent) changes.push('transparent parts were put on white');
  if (metadata.depth !== 'uchar') {
    const scaled = await scaledPixels(image, metadata);
    if (scaled.warning !== null) changes.push(scaled.warning);
    return { image: scaled.image, changes };
  }
  if (metadata.space === 'cmyk' && metadata.icc === undefined && !metadata.hasAlpha)
    return { image: await plainInks(image), changes };
  if (metadata.hasAlpha) image = transparent ? image.flatten({ background: 'white' }) : image.removeAlpha();
  return { image, changes };
}

/** Inks without a profile as viewers and Pillow show them: each takes away its colour. libvips would take a press's profile. */
async function plainInks(image: Sharp): Promise<Sharp> {
  const inks = image.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
  const { data, info } = await inks.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const black = 255 - (data[channels * at + 3] ?? 0);
    for (let ink = 0; ink < 3; ink++)
      pixels[3 * at + ink] = Math.round(((255 - (data[channels * at + ink] ?? 0)) * black) / 255);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

async function hasTransparency(image: Sharp): Promise<boolean> {
  const { data } = await image
    .clone()
    .extractChannel('alpha')
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true });
  const values = new Float32Array(data.buffer, data.byteOffset, data.length / 4);
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  // Opaque is the greatest value there is; a picture that is transparent all over has none.
  return least < most || most === 0;
}

/** Whether its profile shows other colours than plain sRGB would: most profiles are sRGB's own. */
async function hasOwnColours(file: Buffer, { icc, space }: Metadata): Promise<boolean> {
  if (space === 'cmyk') return true;
  if (icc === undefined) return false;
  const pixels = (ignoreIcc: boolean): Promise<Buffer> =>
    sharp(file, { ignoreIcc, limitInputPixels: false }).toColourspace('srgb').raw().toBuffer();
  const [shown, plain] = [await pixels(false), await pixels(true)];
  return shown.length !== plain.length || shown.some((value, index) => Math.abs(value - (plain[index] ?? 0)) > 1);
}

function framesNote({ format }: Metadata, count: number): string[] {
  if (count <= 1) return [];
  return [
    `the first of its ${count} ${format === 'tiff' ? 'pages' : format === 'jpeg' ? 'pictures' : 'frames'} was taken`,
  ];
}

/** Reads the file to its end, so a cut one throws here; a thumbnail is all that is kept of it. */
async function oneColourNote(image: Sharp): Promise<string[]> {
  const thumbnail = image.clone().resize(48, 48, { fit: 'fill', kernel: 'nearest' }).raw();
  const { data, info } = await thumbnail.toBuffer({ resolveWithObject: true });
  const same = data.every((value, index) => value === data[index % info.channels]);
  return same ? ['the image is of one colour'] : [];
}

async function fromBmp(file: Buffer, shape: Shape): Promise<Made | PictureProblem> {
  // Asked for RGBA it still gives ABGR for files with a palette; unasked, always ABGR.
  const { data, width, height } = decodeBmp(file);
  const problem = shape === 'any' ? null : shapeProblem({ width, height });
  if (problem !== null && (shape === 'reject' || !problem.mendable)) return { reason: problem.reason };
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    pixels[3 * at] = data[4 * at + 3] ?? 0;
    pixels[3 * at + 1] = data[4 * at + 2] ?? 0;
    pixels[3 * at + 2] = data[4 * at + 1] ?? 0;
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const size = { width, height };
  return finished(image, { size, padded: problem !== null, changed: 'pixels', warnings: [] });
}

async function finished(
  image: Sharp,
  {
    size,
    padded,
    changed,
    warnings,
  }: { size: { width: number; height: number }; padded: boolean; changed: Picture['changed']; warnings: string[] },
): Promise<Made> {
  const boxed = padded ? letterboxed(image, size) : null;
  const { data, info } = await (boxed?.image ?? image)
    .toColourspace('srgb')
    .png()
    .toBuffer({ resolveWithObject: true });
  const notes = [...(boxed === null ? [] : [boxed.warning]), ...(await oneColourNote(sharp(data)))];
  const { width, height } = info;
  return { bytes: data, extension: '.png', width, height, changed, warnings: [...warnings, ...notes] };
}
