/** A folder of images without questions -> dataset folder: what a generator is to ask about. */
import { resolve } from 'node:path';
import { DataError } from '../../errors.js';
import type { Modality } from '../../sample.js';
import { writeDataset, type DatasetImage, type Rejection } from '../folders/dataset-folder.js';
import { takeTexts, textsOf } from '../context/import-texts.js';
import { maskTexts, withTexts } from '../context/mask-texts.js';
import { withHashes } from '../near-duplicates/stored-hashes.js';
import { projectKey } from '../patients/pseudonym-key.js';
import { mapInOrder, withNewFolder } from './import-helpers.js';
import { hiddenPatients } from '../patients/hidden-patients.js';
import { leftNotes, listImages, noImages, type ImageFolder } from '../pictures/image-folder.js';
import { openImageStore } from '../pictures/image-store.js';
import { importNotes } from './import-notes.js';
import { patientInPath } from '../patients/patient-path.js';
import { secondPatient } from '../patients/unnamed-patients.js';
import { inOrder, infoOf, keyNotes, refuseRejected, type ImportOptions, type ImportReport } from './import-report.js';

/** What imports pictures, beside what every import takes. */
export interface ImageImportOptions extends ImportOptions {
  modality?: Modality;
}

/**
 * Imports a folder of pictures into a new dataset folder: upright, in sRGB, 8 bits, without metadata.
 * @throws DataError as `importQuestions` (`import-empty`, …).
 */
export async function importImages(options: ImageImportOptions): Promise<ImportReport> {
  const dir = resolve(options.out);
  // Before the new folder, which may lie inside.
  const found = await listImages(resolve(options.path));
  if (found.names.length === 0) throw noImages(options.path, found.left);
  return withNewFolder(dir, options.force === true, () => importInto(dir, found, options));
}

async function importInto(
  dir: string,
  { names, left }: ImageFolder,
  options: ImageImportOptions,
): Promise<ImportReport> {
  const { path, modality = 'unknown', patientFrom = 'none', images: mode = 'copy', strict = false } = options;
  const said = await textsOf(options);
  const inPath = patientInPath(patientFrom);
  const identities = [...names, ...left.map(({ name }) => name)].flatMap((name) => inPath(name) ?? []);
  identities.push(...(said?.identities ?? []));
  const key = patientFrom === 'none' && identities.length === 0 ? null : (options.key ?? projectKey());
  const hidden = hiddenPatients(identities, key, 'parts');
  const store = openImageStore({ dir, mode, roots: [resolve(path)], shape: options.shape ?? 'reject', hidden });
  const taken = await mapInOrder(names, (name) => store.take(name), options.onProgress);
  const about = takeTexts(
    said,
    taken.flatMap((image, index) =>
      'code' in image ? [] : [{ name: names[index] ?? '', imageHash: image.imageHash }],
    ),
    options,
  );
  const rejected: Rejection[] = [];
  const reject = (file: string, code: string, reason: string): void => {
    rejected.push(hidden.rejection({ file, line: null, code, reason }));
  };
  for (const { name, why, picture } of left) if (picture) reject(name, 'image-kind', why);
  const images = new Map<string, DatasetImage & { name: string }>();
  for (const [index, name] of names.entries()) {
    const image = taken[index];
    if (image === undefined) continue;
    if ('code' in image) {
      reject(name, image.code, image.reason);
      continue;
    }
    const { path: stored, imageHash, warnings, width, height, originalHash } = image;
    const found = inPath(name) ?? about.of(name).patient;
    const patient = found === null ? null : (key?.pseudonym(found) ?? null);
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
  const masked = await maskTexts(about.texts, { dir, identities, runJob: options.runJob });
  const parts = {
    samples: [],
    images: await withHashes(
      withTexts(
        [...images.values()].map(({ name: _, ...image }): DatasetImage => image),
        masked,
      ),
    ),
    rejected: inOrder(rejected),
  };
  const notes = [
    ...leftNotes(left, hidden.in),
    ...importNotes(parts),
    ...about.notes,
    ...masked.notes,
    ...keyNotes(key),
  ];
  const rows = names.length + left.filter(({ picture }) => picture).length;
  const info = infoOf('images', { ...options, path: hidden.in(path) }, { ...parts, rows, notes });
  if (key !== null) info['pseudonymKey'] = key.id;
  await writeDataset(dir, { ...parts, info });
  return { info, notes, rejected: parts.rejected };
}
