/**
 * Label maps: a picture of the same size for each image, or a volume for each volume, in which a value is a class and 0 is none.
 * A class's region is one box with its area; how many things a region is of, a map does not say.
 */
import { basename, dirname, join, relative, resolve } from 'node:path';
import sharp from 'sharp';
import { messageOf } from '../../errors.js';
import type { RunJob } from '../context/mask-texts.js';
import type { FrameChoice, WindowChoice } from '../import/import-clinical.js';
import { mapInOrder } from '../import/import-helpers.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import type { PseudonymKey } from '../patients/pseudonym-key.js';
import { leftNotes, listImages, noImages } from '../pictures/image-folder.js';
import type { Box, LabelSet, LabelledImage } from './label-set.js';
import { sliceMasks, valuesNamed, volumeNames } from './nifti-masks.js';
import { placesAround } from './voc.js';

/** As of volumes, or the slice with most of a map. */
export type MaskFrames = FrameChoice | 'largest';

export interface MasksOptions {
  path: string;
  imageRoot: string | null;
  patientFrom: PatientFrom;
  /** Of maps that are volumes; `largest` when left out. */
  frames?: MaskFrames;
  window?: WindowChoice;
  runJob?: RunJob | undefined;
  key: () => PseudonymKey;
  /** For pictures of slices, which somebody takes over and removes. */
  work: string;
}

/** @throws DataError where there is none, ConfigError where Python is needed and not given. */
export async function readMasks(options: MasksOptions): Promise<LabelSet> {
  const { path, imageRoot, patientFrom, frames = 'largest', window = 'auto', runJob, key, work } = options;
  const root = resolve(path);
  const { names, left } = await listImages(root);
  const volumes = left.some(({ name }) => volumeNames.test(name));
  const others = left.filter(({ name }) => !volumeNames.test(name) && !hasHeader(name, left));
  if (names.length === 0 && !volumes) throw noImages(path, left);
  const slicing = { root, imageRoot, maskWords, patientFrom, frames, window, runJob, key, work };
  const { slices, rejected, beside } = volumes ? await sliceMasks(slicing) : { slices: [], rejected: [], beside: [] };
  const inPath = patientInPath(patientFrom);
  const labelled = async (file: string, map: string, rest: Pick<LabelledImage, 'image' | 'patient' | 'known'>) => {
    const read = await regionsOf(map);
    if ('reason' in read) {
      rejected.push({ file, line: null, code: 'mask-unread', ...read });
      return [];
    }
    const boxes = { size: read.size, boxes: read.regions, lost: new Set<string>(), regions: true };
    return [{ file, line: null, modality: null, labels: [], boxes, ...rest }];
  };
  const plain = await mapInOrder(names, async (file) => {
    const image = imageOf(file);
    return labelled(file, join(root, file), { image, patient: inPath(image) });
  });
  const sliced = await mapInOrder(slices, ({ shown, image, map, patient, detail, warnings }) =>
    labelled(`${shown}, ${detail}`, map, { image: relative(work, image), patient, known: { detail, warnings } }),
  );
  const images: LabelledImage[] = [...plain, ...sliced].flat();
  return {
    images,
    classes: [],
    rejected,
    roots: [
      ...(imageRoot === null ? placesAround([root]).filter((place) => place !== root) : [resolve(imageRoot)]),
      ...(volumes ? [work] : []),
    ],
    identities: images.flatMap(({ patient }) => patient ?? []),
    names: await valuesNamed(root),
    made: volumes,
    notes: [
      // Files beside volumes may be called as patients, too, whom nobody has listed.
      ...leftNotes(others, volumes ? null : undefined),
      ...leftNotes(beside),
    ],
  };
}

/** Values of a volume whose header is a file of its own, which stands for both. */
const hasHeader = (name: string, files: readonly { name: string }[]): boolean =>
  /\.img(?:\.gz)?$/i.test(name) && files.some((other) => other.name === name.replace(/\.img/i, '.hdr'));

/** What names of maps carry, and those of their images do not. */
const maskWords = /[_-](?:mask|masks|seg|dseg|segmentation|segmentations|label|labels|gt)$/i;

/** Without its ending, which images need not share, and without the word that names of masks carry. */
const imageOf = (file: string): string =>
  join(
    dirname(file),
    basename(file)
      .replace(/\.\w+$/, '')
      .replace(maskWords, ''),
  );

/** More than a slice of any map has, such as FreeSurfer's of the cortex: then it is a photograph. */
const mostValues = 128;

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
