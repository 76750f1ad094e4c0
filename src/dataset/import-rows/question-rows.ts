/**
 * Reads question files of every format into rows of one form, each with its file and line. Judges nothing beyond what keeps
 * a line from being read; whether a row makes a sample is decided in `accept-row.ts`.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { DataError } from '../../errors.js';
import { modalitySchema, questionTypes } from '../../sample.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { datasetOfId, modalityNamed, modalityOfDataset } from '../sources/omnimedvqa-names.js';
import { readPlacedRows, type PlacedRow } from '../predictions/prediction-file.js';
import { columnsOf } from './row-columns.js';
import type { QuestionFormat } from '../import/import-formats.js';
import { numberAnswers, type AnswerStart } from './number-answers.js';
import { namesIn, patientsOf } from '../patients/unnamed-patients.js';
import { readQuestionRow, type QuestionFields } from './question-row.js';
import { vqaRadFields, vqaRadModalities } from '../import/vqa-rad-import.js';

export interface ImportRow {
  file: string;
  line: number;
  fields: QuestionFields;
  /** The option whose place a number gives as the answer; `unknown` where it cannot be told, null where no number does. */
  answerPlace: string | null;
  /** As OmniMedVQA and its kin name it, or what stands in for it; null where the row ought to say and does not. */
  modality: string | null;
}

export interface ImportRows {
  rows: ImportRow[];
  rejected: Rejection[];
  /** Folders that image names may start from. */
  roots: string[];
  /** Field -> its columns, and the columns that were used for nothing. */
  columns: { used: Record<string, string[]>; unused: string[]; empty: string[] };
  /** Rows as they are in the files: for saying what a table has where none of it could be used. */
  raw: PlacedRow[];
  /** Every patient and study as the files write them, also of rows that were rejected. */
  identities: string[];
  /** Encodings other than UTF-8. */
  encodings: string[];
}

export interface ReadRowsOptions {
  format: QuestionFormat;
  path: string;
  map: ColumnMap;
  /** For rows that do not say. */
  modality: string | null;
  encoding?: string | null;
  /** From which number answers count places. */
  answersFrom?: AnswerStart | null;
}

export async function readImportRows(options: ReadRowsOptions): Promise<ImportRows> {
  const path = resolve(options.path);
  const { files, other } = await questionFiles(path);
  const all: ImportRows = {
    rows: [],
    rejected: other.map((file) => ({ file, line: null, code: 'file-kind', reason: otherTable })),
    roots: rootsOf(path, files),
    columns: { used: {}, unused: [], empty: [] },
    raw: [],
    identities: [],
    encodings: [],
  };
  for (const file of files) {
    const name = files.length === 1 ? basename(file) : relative(path, file);
    const read = await readFile(file, name, options);
    // One by one: a file of a million rows is too many arguments for a call.
    for (const row of read.rows) all.rows.push(row);
    for (const one of read.rejected) all.rejected.push(one);
    for (const row of read.raw) all.raw.push(row);
    for (const one of read.identities) all.identities.push(one);
    for (const [field, columns] of Object.entries(read.columns.used))
      all.columns.used[field] = [...new Set([...(all.columns.used[field] ?? []), ...columns])];
    all.columns.unused = [...new Set([...all.columns.unused, ...read.columns.unused])];
    all.columns.empty = [...new Set([...all.columns.empty, ...read.columns.empty])];
    all.encodings = [...new Set([...all.encodings, ...read.encodings])];
  }
  return all;
}

async function readFile(
  file: string,
  name: string,
  { format, map, modality: fallback, encoding = null, answersFrom = null }: ReadRowsOptions,
): Promise<Omit<ImportRows, 'roots'>> {
  const placed = await readPlacedRows(file, { skipBad: true, encoding, table: format === 'csv' });
  const columns = columnsOf(placed.rows, map);
  const rejected: Rejection[] = placed.bad.map(({ line, reason }) => ({
    file: name,
    line,
    code: 'line-unreadable',
    reason,
  }));
  const read = placed.rows.flatMap((row) => {
    const fields = readQuestionRow(row, columns);
    if (!('reason' in fields))
      return [{ line: row.line, place: row, fields: format === 'vqa-rad' ? vqaRadFields(fields) : fields }];
    rejected.push({ file: name, line: row.line, ...fields });
    return [];
  });
  const places = numberAnswers(
    read.map(({ fields }) => fields),
    answersFrom,
  );
  const known = format === 'vqa-rad' ? vqaRadModalities(read.map(({ fields }) => fields)) : new Map<string, string>();
  const says = read.some(({ fields }) => fields.modality !== null);
  const stem = basename(file, extname(file)).replace(/_(?:train|test|val)$/i, '');
  const patients = patientsOf(read.map(({ place }) => columns.identitiesIn(place)));
  const rows = read.map(({ line, fields }, index): ImportRow => {
    const dataset = fields.dataset ?? (fields.id === null ? null : datasetOfId(fields.id));
    const inferred =
      known.get(fields.image ?? '') ??
      (dataset === null ? null : modalityOfDataset(dataset)) ??
      (format === 'med-r1' ? knownModality(stem) : null);
    const modality = says ? (fields.modality ?? fallback) : (inferred ?? fallback ?? 'unknown');
    const questionType = fields.questionType ?? (format === 'med-r1' ? knownType(stem) : null);
    const patient = patients[index] ?? null;
    return {
      file: name,
      line,
      fields: { ...fields, dataset, questionType, patient },
      answerPlace: places.optionOf(fields),
      modality,
    };
  });
  const encodings = placed.encoding === undefined || placed.encoding === 'utf-8' ? [] : [placed.encoding];
  const identities = placed.rows.flatMap((row) => {
    const { patients: named, studies } = columns.identitiesIn(row);
    return namesIn([...named, ...studies]);
  });
  return { rows, rejected, columns, raw: placed.rows, identities: [...new Set(identities)], encodings };
}

function knownModality(text: string): string | null {
  return modalitySchema.safeParse(modalityNamed(text)).data ?? null;
}

function knownType(text: string): string | null {
  return questionTypes.find((type) => text.toLowerCase().startsWith(type)) ?? null;
}

/** Tables that are not read: they are not passed over in silence. */
const otherTables =
  /\.(?:xlsx?|xlsm|xlsb|ods|numbers|sav|dta|sas7bdat|rds|pkl|pickle|feather|arrow|db|sqlite3?|mdb|accdb)$/i;
const otherTable = 'is a table of a kind that is not read: save it as CSV (UTF-8)';

const questionFile = /\.(?:jsonl?|ndjson|csv|tsv|parquet)$/i;

/** The file itself, or every question file below a folder, in the order of their names. */
async function questionFiles(path: string): Promise<{ files: string[]; other: string[] }> {
  const none: string[] = [];
  const found = await stat(path).catch(() => null);
  if (found === null)
    throw new DataError('import-missing', `${path} is not there.`, { where: path, remedy: 'Check the path.' });
  if (found.isFile()) return { files: [path], other: none };
  const own = join(path, 'trainset.json');
  if (
    await stat(own).then(
      (it) => it.isFile(),
      () => false,
    )
  )
    return { files: [own], other: none };
  // OmniMedVQA keeps its questions apart from a hundred thousand images, which need not be listed.
  const inner = join(path, 'QA_information');
  const folder = await stat(inner).then(
    () => inner,
    () => path,
  );
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => questionFile.test(name)).map((name) => join(folder, name));
  const other = names.filter((name) => otherTables.test(name)).toSorted();
  if (files.length > 0) return { files: files.toSorted(), other };
  throw new DataError('import-empty', `${path} holds no question file (JSON, JSONL, CSV, TSV or Parquet).`, {
    where: path,
    remedy:
      other.length > 0
        ? `${other[0]} ${otherTable}.`
        : `Give the file itself. A folder of images alone is imported with \`${medgr2} import images\`, one with a folder for each class with \`${medgr2} import classes\`.`,
  });
}

/** The folder of the questions, then those above it as far as the given path's own parent. */
export function rootsOf(path: string, files: readonly string[]): string[] {
  const roots = new Set<string>();
  for (const file of files) {
    const top = dirname(path);
    for (let folder = dirname(file); ; folder = dirname(folder)) {
      roots.add(folder);
      roots.add(join(folder, 'images'));
      if (folder === top || folder === dirname(folder)) break;
    }
    roots.add(dirname(top));
  }
  return [...roots];
}
