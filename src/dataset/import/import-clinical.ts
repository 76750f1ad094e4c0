/**
 * DICOM and NIfTI files -> dataset folder. Python reads the pixels (`medgr2.clinical.dicom`, `medgr2.clinical.nifti`); of a header only
 * modality, body part, frame, window and a pseudonym of the patient arrive here.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors.js';
import { formatCount } from '../../format.js';
import type { Modality } from '../../sample.js';
import { datasetFiles, imageSchema, writeDataset, type DatasetImage } from '../folders/dataset-folder.js';
import { takeTexts, textsOf } from '../context/import-texts.js';
import { maskTexts, withTexts, type RunJob } from '../context/mask-texts.js';
import { readJsonl, writeJsonl } from '../tables/table.js';
import { withHashes } from '../near-duplicates/stored-hashes.js';
import { projectKey } from '../patients/pseudonym-key.js';
import { readLeft, withNewFolder, withTemporary } from './import-helpers.js';
import { sourceLine, type SourceLine } from '../pictures/made-images.js';
import { importNotes } from './import-notes.js';
import { sha256 } from '../../hash.js';
import { storePicture } from '../pictures/image-store.js';
import { readPicture } from '../pictures/picture.js';
import { hiddenPatients } from '../patients/hidden-patients.js';
import { leftNotes } from '../pictures/image-folder.js';
import { patientInPath } from '../patients/patient-path.js';
import { secondPatient } from '../patients/unnamed-patients.js';
import { inOrder, infoOf, keyNotes, refuseRejected, type ImportOptions, type ImportReport } from './import-report.js';
import { shapeProblem, type ShapeChoice } from '../pictures/picture-size.js';

/** `header` is what the file says, `auto` its own range; else center and width. */
export type WindowChoice = 'header' | 'auto' | readonly [center: number, width: number];
/** Frames of a DICOM file, or axial slices of a volume; numbers from 1. */
export type FrameChoice = 'first' | 'middle' | 'all' | number;

/** What imports DICOM or NIfTI, beside what every import takes; `runJob` runs a module in Python. */
export interface ClinicalOptions extends ImportOptions {
  /** Of images whose header names none of the eight. */
  modality?: Modality;
  window?: WindowChoice;
  frames?: FrameChoice;
  /** A person has looked: nothing in the pictures names a patient. */
  deidentified?: boolean;
  /** Runs a job module in Python to its end. */
  runJob: RunJob;
}

/** A picture and the file it was made of: as it is called, and without what its header says of a person. */
const madeSchema = imageSchema.extend({ file: z.string(), shown: z.string().optional() });

/** Where it was read from, without what headers say of a person. */
const doneSchema = z.looseObject({ path: z.string() });

/**
 * Makes pictures of DICOM or NIfTI files in a new dataset folder; of a header only modality, body part, frame, window and a
 * pseudonym stay.
 * @throws DataError as `importQuestions` (`import-empty`, …).
 */
export async function importClinical(format: 'dicom' | 'nifti', options: ClinicalOptions): Promise<ImportReport> {
  const dir = resolve(options.out);
  return withNewFolder(dir, options.force === true, () => importInto(dir, format, options));
}

async function importInto(dir: string, format: 'dicom' | 'nifti', options: ClinicalOptions): Promise<ImportReport> {
  const { path, modality = 'unknown', window = 'header', frames = 'middle', strict = false } = options;
  const { patientFrom = 'none' } = options;
  const said = await textsOf(options);
  const key = options.key ?? projectKey();
  // The lists are read here and written as tables; the pictures are where they belong at once.
  return withTemporary(join(dir, '.import'), async (work) => {
    const pictures = join(dir, 'images');
    await mkdir(pictures, { recursive: true });
    const chosen = { window, frames, keyFile: key.file };
    const spec = { path: resolve(path), outDir: work, pictures, ...chosen };
    const done = doneSchema.safeParse(await options.runJob(`medgr2.clinical.${format}`, spec)).data?.path ?? spec.path;
    const all = (await readJsonl(join(work, 'images.jsonl'))).map((row) => madeSchema.parse(row));
    const { rejected: left, beside } = await readLeft(work);
    const inPath = patientInPath(patientFrom);
    const names = [...all, ...left].map(({ file }) => file);
    const identities = [...names, ...beside.map(({ name }) => name)].flatMap((name) => inPath(name) ?? []);
    identities.push(...(said?.identities ?? []));
    const hidden = hiddenPatients(identities, key, 'parts');
    const rows: typeof all = [];
    for (const row of all) {
      const found = inPath(row.file);
      const patient = found === null ? row.patient : key.pseudonym(found);
      const fitted = await fittingShape(row, dir, options.shape ?? 'reject');
      if ('reason' in fitted) left.push({ file: row.shown ?? row.file, line: null, code: 'image-unusable', ...fitted });
      else rows.push({ ...fitted, patient });
    }
    const kept = new Set(rows.map(({ path: picture }) => picture));
    for (const { path: picture } of all) if (!kept.has(picture)) await rm(picture, { force: true });
    const found = rows.map(({ file: _, shown: __, ...image }): DatasetImage => image);
    const rejected = inOrder(left.map(hidden.rejection));
    if (strict) refuseRejected(rejected, path);
    if (found.length === 0)
      throw new DataError(
        'import-empty',
        `no picture could be made of ${path} (${formatCount(rejected.length, 'file')} rejected)`,
        {
          where: path,
          remedy:
            rejected[0] === undefined ? 'Give a file or folder of this format.' : `The first: ${rejected[0].reason}.`,
        },
      );
    const about = takeTexts(
      said,
      rows.map(({ file, imageHash }) => ({ name: file, imageHash })),
      options,
    );
    const masked = await maskTexts(about.texts, { dir, identities, runJob: options.runJob });
    const images = (await withHashes(withTexts(merged(found), masked))).map((image) => ({
      ...image,
      modality: image.modality === 'unknown' ? modality : image.modality,
      deidentified: options.deidentified === true ? true : image.deidentified,
    }));
    const parts = { samples: [], images, rejected };
    const notes = [
      ...leftNotes(beside, hidden.in),
      ...importNotes(parts),
      ...about.notes,
      ...masked.notes,
      ...keyNotes(key),
    ];
    const counted = { ...parts, rows: found.length + rejected.length, notes };
    const source = hidden.in(done === spec.path ? path : done);
    const info = infoOf(format, { ...options, path: source, images: 'copy' }, counted);
    info['pseudonymKey'] = key.id;
    await writeJsonl(
      join(dir, datasetFiles.sources),
      rows.map(({ file, imageHash }): SourceLine => sourceLine(key, file, imageHash)),
    );
    await writeDataset(dir, { ...parts, info });
    return { info, notes, rejected: parts.rejected };
  });
}

type MadeImage = z.output<typeof madeSchema>;

/** The picture as models take it, or why they do not. */
async function fittingShape(row: MadeImage, dir: string, shape: ShapeChoice): Promise<MadeImage | { reason: string }> {
  const problem = shapeProblem({ width: row.width ?? 0, height: row.height ?? 0 });
  if (problem === null) return row;
  const picture = shape === 'letterbox' && problem.mendable ? await readPicture(row.path, shape) : problem;
  if ('reason' in picture) return { reason: picture.reason };
  const { width, height, bytes, warnings } = picture;
  const imageHash = sha256(bytes);
  const path = await storePicture(dir, picture, imageHash);
  return { ...row, path, imageHash, width, height, warnings: [...new Set([...row.warnings, ...warnings])] };
}

/** The same picture twice is one image, with all that was noted of either. */
function merged(images: readonly DatasetImage[]): DatasetImage[] {
  const byHash = new Map<string, DatasetImage>();
  for (const image of images) {
    const known = byHash.get(image.imageHash);
    if (known === undefined) byHash.set(image.imageHash, image);
    else {
      known.warnings = [...new Set([...known.warnings, ...image.warnings])];
      if (image.deidentified === false) known.deidentified = false;
      if (image.patient !== known.patient) known.warnings = [...new Set([...known.warnings, secondPatient])];
    }
  }
  return [...byHash.values()];
}
