/** A folder of images without questions -> dataset folder: what a generator is to ask about. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import type { Modality } from '../../sample.js';
import { writeDataset, type DatasetImage, type Rejection } from '../folder.js';
import { expectEmpty, mapInOrder } from './helpers.js';
import { openImageStore } from './image-store.js';
import { pictureNames } from './picture.js';
import { inOrder, infoOf, refuseRejected, type ImportOptions, type ImportReport } from './report.js';

export interface ImageImportOptions extends ImportOptions {
  modality?: Modality;
  /** `folder`: the name of the folder that holds an image stands for its patient. */
  patientFrom?: 'folder' | 'none';
}

export async function importImages(options: ImageImportOptions): Promise<ImportReport> {
  const { path, modality = 'unknown', patientFrom = 'none', images: mode = 'copy', strict = false } = options;
  const dir = resolve(options.out);
  const root = resolve(path);
  const names = await imageNames(root);
  await expectEmpty(dir);
  const store = openImageStore({ dir, mode, roots: [root] });
  const taken = await mapInOrder(names, (name) => store.take(name), options.onProgress);
  const rejected: Rejection[] = [];
  const images = new Map<string, DatasetImage>();
  for (const [index, name] of names.entries()) {
    const image = taken[index];
    if (image === undefined) continue;
    if ('code' in image) {
      rejected.push({ file: name, line: null, code: image.code, reason: image.reason });
      continue;
    }
    const { path: stored, imageHash, warnings, width, height, originalHash } = image;
    if (images.has(imageHash)) {
      rejected.push({
        file: name,
        line: null,
        code: 'image-repeated',
        reason: 'has the same bytes as an image before it',
      });
      continue;
    }
    const patient = patientFrom === 'folder' ? basename(dirname(join(root, name))) : null;
    images.set(imageHash, {
      path: stored,
      imageHash,
      modality,
      patient,
      deidentified: null,
      warnings,
      width,
      height,
      detail: null,
      originalHash,
    });
  }
  if (strict) refuseRejected(rejected, path);
  const parts = { samples: [], images: [...images.values()], rejected: inOrder(rejected) };
  const info = infoOf('images', options, { ...parts, rows: names.length });
  await writeDataset(dir, { ...parts, info });
  return { info, rejected: parts.rejected };
}

/** Relative names of all pictures below a folder, sorted, so that every machine lists them alike. */
export async function imageNames(root: string): Promise<string[]> {
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new DataError('no-image-folder', `${root} is no folder.`, {
      where: root,
      remedy: 'Give a folder of images.',
    });
  const names = (await readdir(root, { recursive: true })).filter((name) => pictureNames.test(name)).toSorted();
  if (names.length > 0) return names;
  throw new DataError('no-images', `${root} holds no image (PNG, JPEG, WebP, GIF, BMP, TIFF).`, {
    where: root,
    remedy: 'DICOM files are imported with `medgr2 import dicom`, NIfTI volumes with `medgr2 import nifti`.',
  });
}
