/** A folder of images without questions -> dataset folder: what a generator is to ask about. */
import { readdir, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { DataError } from '../../errors.js';
import type { Modality } from '../../sample.js';
import { writeDataset, type DatasetImage, type Rejection } from '../folder.js';
import { withHashes } from '../near/stored.js';
import { projectKey } from '../pseudonym-key.js';
import { mapInOrder, withNewFolder } from './helpers.js';
import { openImageStore } from './image-store.js';
import { importNotes } from './notes.js';
import { patientFinder } from './patient-path.js';
import { secondPatient } from './patients.js';
import { pictureNames } from './picture.js';
import { inOrder, infoOf, keyNotes, refuseRejected, type ImportOptions, type ImportReport } from './report.js';

export interface ImageImportOptions extends ImportOptions {
  modality?: Modality;
}

export async function importImages(options: ImageImportOptions): Promise<ImportReport> {
  const dir = resolve(options.out);
  // Before the new folder, which may lie inside.
  const names = await imageNames(resolve(options.path));
  return withNewFolder(dir, options.force === true, () => importInto(dir, names, options));
}

async function importInto(dir: string, names: readonly string[], options: ImageImportOptions): Promise<ImportReport> {
  const { path, modality = 'unknown', patientFrom = 'none', images: mode = 'copy', strict = false } = options;
  const store = openImageStore({ dir, mode, roots: [resolve(path)], shape: options.shape ?? 'reject' });
  const key = patientFrom === 'none' ? null : (options.key ?? projectKey());
  const patientOf = patientFinder(patientFrom, key);
  const taken = await mapInOrder(names, (name) => store.take(name), options.onProgress);
  const rejected: Rejection[] = [];
  const reject = (file: string, code: string, reason: string): void => {
    rejected.push({ file, line: null, code, reason });
  };
  const images = new Map<string, DatasetImage & { name: string }>();
  for (const [index, name] of names.entries()) {
    const image = taken[index];
    if (image === undefined) continue;
    if ('code' in image) {
      reject(name, image.code, image.reason);
      continue;
    }
    const { path: stored, imageHash, warnings, width, height, originalHash } = image;
    const patient = patientOf(name);
    const known = images.get(imageHash);
    if (known !== undefined) {
      const other = known.patient !== patient;
      if (other && !known.warnings.includes(secondPatient)) known.warnings.push(secondPatient);
      reject(
        name,
        'image-repeated',
        `has the same pixels as ${known.name}${other ? ', which is another patient’s' : ''}`,
      );
      continue;
    }
    const rest = { modality, patient, deidentified: null, width, height, detail: null, originalHash };
    images.set(imageHash, { path: stored, imageHash, warnings: [...warnings], ...rest, name });
  }
  if (strict) refuseRejected(rejected, path);
  if (images.size === 0)
    throw new DataError('import-empty', `none of the ${names.length} images of ${path} can be used`, {
      where: path,
      remedy: `The first: ${rejected[0]?.file ?? ''} ${rejected[0]?.reason ?? ''}. Nothing was written.`,
    });
  const parts = {
    samples: [],
    images: await withHashes([...images.values()].map(({ name: _, ...image }): DatasetImage => image)),
    rejected: inOrder(rejected),
  };
  const notes = [...importNotes(parts), ...keyNotes(key)];
  const info = infoOf('images', options, { ...parts, rows: names.length, notes });
  if (key !== null) info['pseudonymKey'] = key.id;
  await writeDataset(dir, { ...parts, info });
  return { info, notes, rejected: parts.rejected };
}

/** Relative names of all pictures below a folder, sorted, so that every machine lists them alike. */
export async function imageNames(root: string): Promise<string[]> {
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new DataError('no-image-folder', `${root} is no folder.`, {
      where: root,
      remedy: 'Give a folder of images.',
    });
  const names = (await readdir(root, { recursive: true }))
    .filter((name) => pictureNames.test(name))
    .map((name) => name.split(sep).join('/'))
    .toSorted();
  if (names.length > 0) return names;
  throw new DataError('no-images', `${root} holds no image (PNG, JPEG, WebP, GIF, BMP, TIFF).`, {
    where: root,
    remedy: 'DICOM files are imported with `medgr2 import dicom`, NIfTI volumes with `medgr2 import nifti`.',
  });
}
