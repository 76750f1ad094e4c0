/** A table of labels: an image a row, its labels in columns of words, in lists, or in a column for each class. */
import { basename, resolve } from 'node:path';
import { normalize } from '../../reward/words/normal-text.js';
import { parseListText } from '../import-rows/list-text.js';
import { columnsOf, type ColumnUse } from '../import-rows/row-columns.js';
import { namesIn, patientsOf } from '../patients/unnamed-patients.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import { readPlacedRows, type PlacedRow } from '../predictions/prediction-file.js';
import { rootsOf } from '../import-rows/question-rows.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { isDoubt } from './class-names.js';
import { joinRows } from './join-rows.js';
import { flagOf, labellingsOf, textOf, type LabelColumns, type Labelling } from './label-columns.js';
import type { LabelSet, LabelledImage, TopicLabels } from './label-set.js';
import { templates } from '../drafts/question-templates.js';

export interface ClassTableOptions extends LabelColumns {
  map: ColumnMap;
  encoding: string | null;
  imageRoot: string | null;
  patientFrom: PatientFrom;
}

export async function readClassTable(options: ClassTableOptions): Promise<LabelSet> {
  const { path, map, imageRoot, encoding } = options;
  const file = resolve(path);
  const { rows, bad } = await readPlacedRows(file, { skipBad: true, encoding, table: true });
  const name = basename(file);
  const rejected: Rejection[] = bad.map(({ line, reason }) => ({ file: name, line, code: 'line-unreadable', reason }));
  const labellings = labellingsOf(rows, options);
  const taken = labellings.flatMap((one) => ('column' in one ? [one.column] : one.flags));
  const classes = new Set(
    labellings.flatMap((one) => ('column' in one ? rows.flatMap(({ fields }) => wordsIn(fields[one.column])) : [])),
  );
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
    const labels = labellings.flatMap((labelling) => labelsIn(row.fields, labelling, classes));
    const odd = labels.find((label) => 'reason' in label);
    if (odd !== undefined && 'reason' in odd) {
      reject('label-unread', odd.reason);
      continue;
    }
    const read = labels.filter((label): label is TopicLabels => !('reason' in label));
    if (read.length === 0) {
      reject('label-missing', 'has no label');
      continue;
    }
    const patient = patients[index] ?? inPath(image);
    const modality = textOf(columns.valueOf(row, 'modality'));
    images.push({ file: name, line: row.line, image, patient, modality, labels: read, boxes: null });
  }
  const joined = joinRows(images);
  const [said = [], unsaid = []] = [true, false].map((wanted) =>
    joined.images.filter((one) => saysAny(one) === wanted),
  );
  for (const { line } of unsaid)
    rejected.push({ file: name, line, code: 'label-missing', reason: 'has no label that says what is there' });
  const identities = rows.flatMap((row) => identitiesOf(columns, row));
  return {
    images: said,
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

const saysAny = ({ labels }: LabelledImage): boolean =>
  labels.some(({ present, absent }) => present.length > 0 || (absent ?? []).length > 0);

const imageIn = ({ fields }: PlacedRow): unknown =>
  Object.entries(fields).find(([column]) => templates.columns.image.has(normalize(column)))?.[1];

function identitiesOf(columns: ColumnUse, row: PlacedRow): string[] {
  const { patients, studies } = columns.identitiesIn(row);
  return namesIn([...patients, ...studies]);
}

type Odd = { reason: string };

function labelsIn(
  fields: Readonly<Record<string, unknown>>,
  labelling: Labelling,
  classes: ReadonlySet<string>,
): (TopicLabels | Odd)[] {
  const { topic } = labelling;
  if ('column' in labelling) {
    // A comma may be of a name: it parts what stands elsewhere by itself.
    const present = wordsIn(fields[labelling.column]).flatMap((word) => {
      const parts = word.split(/\s*,\s*/);
      return parts.every((part) => classes.has(part)) ? parts : [word];
    });
    const sure = present.filter((word) => !isDoubt(word));
    // Beside a doubt, what is not said may be there.
    return present.length === 0 ? [] : [{ topic, present: sure, absent: sure.length < present.length ? [] : null }];
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
