/**
 * Question files -> dataset folder: rows read, accepted or rejected with their reason, images taken, duplicates and
 * contradictions left out. Writes nothing when told to be strict and a row is bad, or when no row can be used.
 */
import { basename, resolve } from 'node:path';
import type { Sample } from '../../sample.js';
import { writeDataset, type DatasetImage, type Rejection } from '../folders/dataset-folder.js';
import { withHashes } from '../near-duplicates/stored-hashes.js';
import { acceptRow, toSample, type AcceptedRow } from './accept-row.js';
import { mapBeside, takeTexts, textsOf } from '../context/import-texts.js';
import { maskTexts, withTexts } from '../context/mask-texts.js';
import type { QuestionFormat } from './import-formats.js';
import { mapInOrder, withNewFolder } from './import-helpers.js';
import { hiddenPatients, unmistakable } from '../patients/hidden-patients.js';
import { openImageStore, type StoredImage } from '../pictures/image-store.js';
import { projectKey } from '../patients/pseudonym-key.js';
import { readMadeImages } from '../pictures/made-images.js';
import { patientInPath } from '../patients/patient-path.js';
import { importNotes } from './import-notes.js';
import { nothingUsable } from './nothing-usable.js';
import { secondPatient } from '../patients/unnamed-patients.js';
import { withoutRepeats } from './repeated-rows.js';
import {
  countBy,
  inOrder,
  infoOf,
  keyNotes,
  refuseRejected,
  type ImportOptions,
  type ImportReport,
} from './import-report.js';
import { readImportRows } from '../import-rows/question-rows.js';

/**
 * Imports questions of a published or a table's format into a new dataset folder: `medgr2 import csv` and the like.
 * @returns Counts, notes, and each row that could not be used with its reason.
 * @throws DataError `import-missing`, `import-empty`; `folder-not-empty` where `out` holds something; `import-strict` where a row is bad
 * and `strict` is set.
 * @example
 * const { info, rejected } = await importQuestions('csv', { path: 'questions.csv', out: 'data/mine', map: { answer: 'label'
 * } });
 * console.log(info.counts.samples, rejected.map(({ line, reason }) => `${line}: ${reason}`));
 */
export async function importQuestions(format: QuestionFormat, options: ImportOptions): Promise<ImportReport> {
  const dir = resolve(options.out);
  return withNewFolder(dir, options.force === true, () => importInto(dir, format, options));
}

const namesPatient = 'names a patient or study in its texts, which models would learn: take it out';

async function importInto(dir: string, format: QuestionFormat, options: ImportOptions): Promise<ImportReport> {
  const { path, modality = null, images: mode = 'copy', imageRoot = null, strict = false } = options;
  const {
    encoding = null,
    answersFrom = null,
    shape = 'reject',
    specialTokens = 'reject',
    patientFrom = 'none',
  } = options;
  const read = await readImportRows({ format, path, map: mapBeside(options), modality, encoding, answersFrom });
  const inPath = patientInPath(patientFrom);
  const identities = [...read.identities, ...read.rows.flatMap(({ fields: { image } }) => inPath(image ?? '') ?? [])];
  const said = await textsOf(options);
  identities.push(...(said?.identities ?? []));
  const asked = identities.length > 0 || options.imagesOf !== undefined;
  const key = asked ? (options.key ?? projectKey()) : null;
  const hidden = hiddenPatients(identities, key, 'parts');
  const inText = hiddenPatients(identities.filter(unmistakable), key);
  const rejected = [...read.rejected];
  const refused = (): Rejection[] => inOrder(rejected.map(hidden.rejection));
  const accepted: AcceptedRow[] = [];
  for (const row of read.rows) {
    const result = acceptRow(row, specialTokens);
    if ('code' in result) rejected.push({ file: row.file, line: row.line, ...result });
    else if ([result.question, ...result.options, result.answer, result.rationale].some(inText.named))
      rejected.push({ file: row.file, line: row.line, code: 'patient-in-text', reason: namesPatient });
    else accepted.push({ ...result, patient: result.patient ?? inPath(result.image) });
  }
  if (strict) refuseRejected(refused(), path);
  const made = options.imagesOf === undefined || key === null ? null : await readMadeImages(options.imagesOf, key);
  const roots = imageRoot === null ? read.roots : [resolve(imageRoot)];
  const store = openImageStore({ dir, mode, roots, shape, made, hidden });
  const taken = await mapInOrder(accepted, (row) => store.take(row.image), options.onProgress);
  const ids = uniqueIds();
  const samples: (Sample & { row: AcceptedRow })[] = [];
  const images = new Map<string, DatasetImage>();
  for (const [index, row] of accepted.entries()) {
    const image = taken[index];
    if (image === undefined) continue;
    if ('code' in image) {
      rejected.push({ file: row.file, line: row.line, ...image });
      continue;
    }
    const model = hidden.in(row.dataset ?? basename(path));
    const id = hidden.in(row.id ?? `${basename(row.file)}-${row.line}`);
    const sample = toSample(row, image, { id: ids(id), model });
    if (sample.modality === 'unknown') sample.modality = image.made?.modality ?? 'unknown';
    samples.push({ ...sample, row });
    const patient = row.patient === null ? null : (key?.pseudonym(row.patient) ?? null);
    images.set(image.imageHash, describeImage(images.get(image.imageHash), image, { ...row, patient }));
  }
  const kept = withoutRepeats(samples, rejected);
  if (strict) refuseRejected(refused(), path);
  if (kept.length === 0) throw nothingUsable(path, read, refused(), made === null ? roots : []);
  const used = new Set(kept.map(({ imageHash }) => imageHash));
  const plain = kept.map(({ row: _, ...sample }): Sample => sample);
  const kinds = [...images.values()].filter(({ imageHash }) => used.has(imageHash));
  const about = takeTexts(
    said,
    kept.map(({ row, imageHash }) => ({ name: row.image, imageHash })),
    options,
  );
  const told = new Map([...textsInRows(kept), ...about.texts]);
  const texts = await maskTexts(told, { dir, identities, runJob: options.runJob });
  const described = withTexts(kinds, texts);
  const parts = { samples: plain, images: mode === 'none' ? described : await withHashes(described) };
  const mended = kept.flatMap(({ row }) => row.mended);
  const notes = [...importNotes({ ...parts, ...read, mended }), ...about.notes, ...texts.notes, ...keyNotes(key)];
  const rows = read.rows.length + read.rejected.length;
  const info = infoOf(format, { ...options, path: hidden.in(path) }, { ...parts, rejected: refused(), rows, notes });
  info['columns'] = { used: read.columns.used, unused: read.columns.unused };
  if (key !== null) info['pseudonymKey'] = key.id;
  const others = countBy(kept, ({ row }) => row.otherModality);
  if (Object.keys(others).length > 0) info['otherModalities'] = others;
  await writeDataset(dir, { ...parts, rejected: refused(), info });
  return { info, notes, rejected: refused() };
}

/** By image: what its rows say of it, each text once. */
function textsInRows(rows: readonly (Sample & { row: AcceptedRow })[]): Map<string, string> {
  const said = Map.groupBy(rows, ({ imageHash }) => imageHash);
  return new Map(
    [...said].flatMap(([hash, of]) => {
      const texts = [...new Set(of.flatMap(({ row }) => row.context ?? []))];
      return texts.length === 0 ? [] : [[hash, texts.join('\n\n')] as const];
    }),
  );
}

/** What is known of an image after one more row about it; an earlier import of it knows better. */
function describeImage(known: DatasetImage | undefined, image: StoredImage, row: AcceptedRow): DatasetImage {
  const { path, imageHash, warnings, width, height, originalHash, made } = image;
  const modality = made === undefined || made.modality === 'unknown' ? row.modality : made.modality;
  const patient = made?.patient ?? known?.patient ?? row.patient;
  const other = made === undefined && row.patient !== null && patient !== row.patient ? [secondPatient] : [];
  return {
    path: known?.path ?? path,
    imageHash,
    modality: known === undefined || known.modality === 'unknown' ? modality : known.modality,
    patient,
    deidentified: made?.deidentified ?? null,
    warnings: [...new Set([...(known?.warnings ?? []), ...(made?.warnings ?? []), ...warnings, ...other])],
    width,
    height,
    detail: made?.detail ?? null,
    originalHash: made?.originalHash ?? known?.originalHash ?? originalHash,
  };
}

function uniqueIds(): (wanted: string) => string {
  const given = new Map<string, number>();
  return (wanted) => {
    const count = (given.get(wanted) ?? 0) + 1;
    given.set(wanted, count);
    return count === 1 ? wanted : `${wanted}#${count}`;
  };
}
