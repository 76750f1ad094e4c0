/**
 * Label maps: a picture of the same size for each image, in which a value is a class and 0 is none. A class's region is one box with
 * its area; how many things a region is of, a map does not say.
 */
import { basename, dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { messageOf } from '../../errors.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { mapInOrder } from '../import/import-helpers.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import { leftNotes, listImages, noImages } from '../pictures/image-folder.js';
import type { Box, LabelSet, LabelledImage } from './label-set.js';
import { placesAround } from './voc.js';

export interface MasksOptions {
  path: string;
  imageRoot: string | null;
  patientFrom: PatientFrom;
}

export async function readMasks({ path, imageRoot, patientFrom }: MasksOptions): Promise<LabelSet> {
  const root = resolve(path);
  const { names, left } = await listImages(root);
  if (names.length === 0) throw noImages(path, left);
  const inPath = patientInPath(patientFrom);
  const rejected: Rejection[] = [];
  const read = await mapInOrder(names, async (file): Promise<LabelledImage[]> => {
    const map = await regionsOf(join(root, file));
    if ('reason' in map) {
      rejected.push({ file, line: null, code: 'mask-unread', ...map });
      return [];
    }
    const image = imageOf(file);
    const boxes = { size: map.size, boxes: map.regions, lost: new Set<string>(), regions: true };
    return [{ file, line: null, image, patient: inPath(image), modality: null, labels: [], boxes }];
  });
  const images = read.flat();
  return {
    images,
    classes: [],
    rejected,
    roots: imageRoot === null ? placesAround([root]).filter((place) => place !== root) : [resolve(imageRoot)],
    identities: images.flatMap(({ patient }) => patient ?? []),
    notes: leftNotes(left),
  };
}

/** Without its ending, which images need not share, and without the word that names of masks carry. */
const imageOf = (file: string): string =>
  join(
    dirname(file),
    basename(file)
      .replace(/\.\w+$/, '')
      .replace(/[_-](?:mask|masks|seg|segmentation|label|labels|gt)$/i, ''),
  );

/** More classes than any map has: then it is a photograph. */
const mostValues = 64;

interface Regions {
  size: { width: number; height: number };
  regions: Box[];
}

async function regionsOf(path: string): Promise<Regions | { reason: string }> {
  try {
    const opened = sharp(path, { limitInputPixels: false });
    const { format, hasAlpha, space } = await opened.metadata();
    if (format === 'jpeg') return { reason: 'is a JPEG, which changes values: save label maps as PNG' };
    const plain = hasAlpha ? opened.removeAlpha() : opened;
    // In its own space, or values of 16 bit come out divided by 256.
    const own = plain.pipelineColourspace(space).toColourspace(space);
    const { data, info } = await own.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
    const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    return regionsIn(values, info);
  } catch (error) {
    return { reason: `is no whole image: ${messageOf(error).split('\n')[0] ?? ''}` };
  }
}

function regionsIn(
  values: Uint16Array,
  { width, height, channels }: { width: number; height: number; channels: number },
): Regions | { reason: string } {
  const found = new Map<string, Box & { area: number }>();
  for (let at = 0; at < width * height; at++) {
    const colours = values.subarray(channels * at, channels * (at + 1));
    if (colours.every((colour) => colour === 0)) continue;
    const name = colours.every((colour) => colour === colours[0]) ? String(colours[0]) : colours.join(' ');
    const [x, y] = [at % width, Math.floor(at / width)];
    const known = found.get(name);
    if (known === undefined) {
      if (found.size === mostValues) return { reason: `has more than ${mostValues} values: is it a label map?` };
      const region = { left: x, top: y, right: x + 1, bottom: y + 1, line: null, hard: false, area: 1 };
      found.set(name, { name, called: `value ${name}`, ...region });
      continue;
    }
    known.left = Math.min(known.left, x);
    known.right = Math.max(known.right, x + 1);
    known.bottom = y + 1;
    known.area += 1;
  }
  return { size: { width, height }, regions: [...found.values()] };
}
