/** A table of labels: an image a row, its labels in columns of words, in lists, or in a column for each class. */
import { resolve } from 'node:path';
import { ConfigError } from '../../errors.js';
import { normalize } from '../../reward/words/normal-text.js';
import { parseListText } from '../import-rows/list-text.js';
import { columnsOf, type ColumnUse } from '../import-rows/row-columns.js';
import { namesIn, patientsOf } from '../patients/unnamed-patients.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import { readPlacedRows, type PlacedRow } from '../predictions/prediction-file.js';
import { rootsOf } from '../import-rows/question-rows.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { basename } from 'node:path';
import {
  labelKinds,
  type LabelKind,
  type LabelSet,
  type LabelledImage,
  type Topic,
  type TopicLabels,
} from './label-set.js';
import { joinRows } from './join-rows.js';
import { templates } from '../drafts/question-templates.js';

export interface ClassTableOptions {
  path: string;
  /** Of columns that do not say. */
  kind: LabelKind;
  /** `COLUMN` or `COLUMN=KIND`; found by their names where there is none. */
  labels: readonly string[];
  map: ColumnMap;
  encoding: string | null;
  imageRoot: string | null;
  patientFrom: PatientFrom;
}

/** Columns of one topic: one that names classes, or one for each class. */
type Labelling = { topic: Topic; column: string } | { topic: Topic; flags: readonly string[] };

export async function readClassTable(options: ClassTableOptions): Promise<LabelSet> {
  const { path, map, imageRoot, encoding } = options;
  const file = resolve(path);
  const { rows, bad } = await readPlacedRows(file, { skipBad: true, encoding, table: true });
  const name = basename(file);
  const rejected: Rejection[] = bad.map(({ line, reason }) => ({ file: name, line, code: 'line-unreadable', reason }));
  const labellings = labellingsOf(rows, options);
  const taken = labellings.flatMap((one) => ('column' in one ? [one.column] : one.flags));
  const columns = columnsOf(rows, map);
  const patients = patientsOf(rows.map((row) => columns.identitiesIn(row)));
  const inPath = patientInPath(options.patientFrom);
  const images: LabelledImage[] = [];
  for (const [index, row] of rows.entries()) {
    const reject = (code: string, reason: string): unknown =>
      rejected.push({ file: name, line: row.line, code, reason });
    const image = textOf(columns.valueOf(row, 'image')) ?? textOf(imageIn(row)) ?? textOf(columns.valueOf(row, 'id'));
    if (image === null) {
      reject('image-missing', 'names no image');
      continue;
    }
    const labels = labellings.flatMap((labelling) => labelsIn(row.fields, labelling));
    const odd = labels.find((label) => 'reason' in label);
    if (odd !== undefined && 'reason' in odd) {
      reject('label-unread', odd.reason);
      continue;
    }
    const read = labels.filter((label): label is TopicLabels => !('reason' in label));
    if (read.every(({ present, absent }) => present.length === 0 && (absent ?? []).length === 0)) {
      reject('label-missing', 'has no label');
      continue;
    }
    const patient = patients[index] ?? inPath(image);
    const modality = textOf(columns.valueOf(row, 'modality'));
    images.push({ file: name, line: row.line, image, patient, modality, labels: read, boxes: null });
  }
  const joined = joinRows(images);
  const identities = rows.flatMap((row) => identitiesOf(columns, row));
  return {
    images: joined.images,
    classes: [],
    rejected: [...rejected, ...joined.rejected],
    roots: imageRoot === null ? rootsOf(file, [file]) : [resolve(imageRoot)],
    identities: [...new Set([...identities, ...images.flatMap(({ patient }) => patient ?? [])])],
    notes: joined.notes,
    columns: {
      used: { ...columns.used, labels: taken },
      unused: columns.unused.filter((column) => !taken.includes(column)),
    },
  };
}

const imageIn = ({ fields }: PlacedRow): unknown =>
  Object.entries(fields).find(([column]) => templates.columns.image.has(normalize(column)))?.[1];

function identitiesOf(columns: ColumnUse, row: PlacedRow): string[] {
  const { patients, studies } = columns.identitiesIn(row);
  return namesIn([...patients, ...studies]);
}

function labellingsOf(rows: readonly PlacedRow[], { path, kind, labels }: ClassTableOptions): Labelling[] {
  const all = [...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))];
  const isFlag = (column: string): boolean => rows.every(({ fields }) => flagOf(fields[column]) !== undefined);
  const together = (columns: readonly string[], of: LabelKind): Labelling[] =>
    columns.length === 0 ? [] : [{ topic: { name: '', kind: of }, flags: columns }];
  if (labels.length > 0) {
    const chosen = labels.map((text) => {
      const [, column = text, said] = /^(.*)=(\w+)$/.exec(text) ?? [];
      const found = all.find((one) => one === column) ?? all.find((one) => normalize(one) === normalize(column));
      if (found === undefined) throw noColumn(`--labels ${text}: no row has a column "${column}"`, all);
      if (said !== undefined && !isKind(said))
        throw new ConfigError('label-kind', `--labels ${text}: ${said} is not one of ${labelKinds.join(', ')}`);
      return { column: found, kind: said ?? kindOf(found) ?? kind, flag: isFlag(found) };
    });
    const flags = Map.groupBy(
      chosen.filter(({ flag }) => flag),
      (one) => one.kind,
    );
    const words = chosen.filter(({ flag }) => !flag);
    return [
      ...words.map((one) => ({
        topic: { name: words.length > 1 || flags.size > 0 ? one.column : '', kind: one.kind },
        column: one.column,
      })),
      ...[...flags].flatMap(([of, own]) =>
        together(
          own.map(({ column }) => column),
          of,
        ),
      ),
    ];
  }
  const named = all.flatMap((column) => {
    const found = kindOf(column);
    return found === null || isFlag(column) ? [] : [{ column, kind: found === 'disease' ? kind : found }];
  });
  if (named.length > 0)
    return named.map((one) => ({
      topic: { name: named.length > 1 ? one.column : '', kind: one.kind },
      column: one.column,
    }));
  const flags = all.filter((column) => isFlag(column) && rows.some(({ fields }) => flagOf(fields[column]) === true));
  if (flags.length > 1) return together(flags, kind);
  throw noColumn(`no column of ${path} is known to hold labels`, all);
}

const noColumn = (problem: string, all: readonly string[]): ConfigError =>
  new ConfigError('labels-missing', problem, {
    remedy: `Say which do: --labels COLUMN, several times, with what they name as --labels COLUMN=anatomy. The columns are ${all.join(', ') || 'none'}.`,
  });

const isKind = (text: string | undefined): text is LabelKind => labelKinds.some((kind) => kind === text);

function kindOf(column: string): LabelKind | null {
  const name = normalize(column);
  const { disease, anatomy, grade } = templates.columns;
  if (disease.has(name)) return 'disease';
  if (anatomy.has(name)) return 'anatomy';
  return grade.has(name) ? 'grade' : null;
}

/** True and false; null where it is empty or uncertain, undefined for what is no flag. */
function flagOf(value: unknown): boolean | null | undefined {
  const text = textOf(value)?.toLowerCase() ?? '';
  if (/^(?:1(?:\.0+)?|true|yes)$/.test(text)) return true;
  if (/^(?:0(?:\.0+)?|false|no)$/.test(text)) return false;
  return /^(?:|-1(?:\.0+)?|nan|na|n\/a|\?|null|none)$/.test(text) ? null : undefined;
}

type Odd = { reason: string };

function labelsIn(fields: Readonly<Record<string, unknown>>, labelling: Labelling): (TopicLabels | Odd)[] {
  const { topic } = labelling;
  if ('column' in labelling) {
    const present = wordsIn(fields[labelling.column]);
    return present.length === 0 ? [] : [{ topic, present, absent: null }];
  }
  const said = labelling.flags.map((column) => ({ column, flag: flagOf(fields[column]) }));
  const odd = said.find(({ flag }) => flag === undefined);
  if (odd !== undefined)
    return [{ reason: `has "${textOf(fields[odd.column])}" in ${odd.column}, where 0, 1 or nothing stands` }];
  const of = (wanted: boolean): string[] => said.flatMap(({ column, flag }) => (flag === wanted ? [column] : []));
  return [{ topic, present: of(true), absent: of(false) }];
}

/** `a|b`, `a; b`, `["a", "b"]`: the classes of an image. */
function wordsIn(value: unknown): string[] {
  const text = textOf(value);
  const list = Array.isArray(value) ? value : text !== null && /^\s*[[(]/.test(text) ? parseListText(text) : null;
  const words = Array.isArray(list) ? list.map(textOf) : (text ?? '').split(/\s*[|;]\s*/);
  return [...new Set(words.flatMap((word) => word?.trim() || []))];
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
