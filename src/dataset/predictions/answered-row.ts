/**
 * What the columns of predictions and question files mean: the names in use (MedGR-Square, OmniMedVQA, MedVLM-R1, our
 * own predictions) and a person's own map. Takes values as they are; judges no answer.
 */
import { ConfigError, DataError } from '../../errors.js';
import type { PlacedRow } from './prediction-file.js';

/** The fields of a row and the columns they are looked for in; the first that is there and not empty counts. */
export const columnNames = {
  id: ['question_id', 'id', 'qid'],
  prediction: ['model_answer', 'prediction', 'completion', 'response', 'predicted', 'output'],
  answer: ['gt_answer', 'answer', 'label', 'ground_truth', 'solution'],
  question: ['question', 'problem', 'prompt'],
  options: ['options', 'choices'],
  image: ['image_path', 'image', 'image_name'],
  modality: ['modality', 'modality_type', 'subset'],
  questionType: ['question_type', 'questionType'],
  dataset: ['dataset', 'data_set'],
  rationale: ['rationale', 'reasoning', 'explanation'],
  context: ['context'],
  patient: ['patient', 'patient_id', 'subject_id'],
  likelihoods: ['likelihoods', 'option_likelihoods'],
} as const;
/** A field of a question or of an answer to it. */
export type Field = keyof typeof columnNames;

/** Which column a field is read from, instead of the usual names. */
export type ColumnMap = Partial<Record<Field, string>>;

export interface AnsweredRow {
  where: string;
  id: string | null;
  /** What the model wrote; empty where it wrote nothing. Null in a file of questions. */
  prediction: string | null;
  answer: string | null;
  question: string | null;
  options: string[];
  image: string | null;
  modality: string | null;
  questionType: string | null;
  dataset: string | null;
  rationale: string | null;
  patient: string | null;
  /** One per option in their order, or by option text; as written. */
  likelihoods: number[] | Record<string, number> | null;
}

/** Reads `key=column` pairs. */
export function parseColumnMap(pairs: readonly string[]): ColumnMap {
  const map: ColumnMap = {};
  for (const pair of pairs) {
    const [, key = '', column = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? [];
    if (!isField(key) || column === '') {
      throw new ConfigError('column-map', `--map ${pair} is not key=column with a known key.`, {
        remedy: `Keys are ${Object.keys(columnNames).join(', ')}.`,
      });
    }
    map[key] = column;
  }
  return map;
}

function isField(key: string): key is Field {
  return Object.hasOwn(columnNames, key);
}

/** A mapped column that no row has is a mistake of the person, not of a line. */
export function checkColumnMap(rows: readonly PlacedRow[], map: ColumnMap): void {
  for (const [key, column] of Object.entries(map)) {
    if (rows.length === 0 || rows.some(({ fields }) => Object.hasOwn(fields, column))) continue;
    throw new ConfigError('column-missing', `--map ${key}=${column}: no row has a column "${column}".`, {
      remedy: `The columns are ${Object.keys(rows[0]?.fields ?? {}).join(', ')}.`,
    });
  }
}

export function readRow({ where, fields }: PlacedRow, map: ColumnMap = {}): AnsweredRow {
  const valueOf = (field: Field): unknown => {
    const mapped = map[field];
    if (mapped !== undefined) return fields[mapped];
    const columns = columnNames[field].map((name) => fields[name]).filter((value) => value !== undefined);
    return columns.find((value) => value !== null && value !== '') ?? columns[0];
  };
  const text = (field: Field): string | null => textOf(valueOf(field));
  const filled = (field: Field): string | null => {
    const value = text(field)?.trim();
    return value === undefined || value === '' ? null : value;
  };
  const predicted = valueOf('prediction');
  return {
    where,
    id: filled('id'),
    prediction: predicted === undefined ? null : (textOf(predicted) ?? ''),
    answer: filled('answer'),
    question: filled('question'),
    options: optionsOf(valueOf('options'), fields, where),
    image: filled('image'),
    modality: filled('modality'),
    questionType: filled('questionType'),
    dataset: filled('dataset'),
    rationale: filled('rationale'),
    patient: filled('patient'),
    likelihoods: likelihoodsOf(valueOf('likelihoods'), where),
  };
}

/** Lists (MedVLM-R1's `image`) give their first value. */
function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return textOf(value[0]);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** A list, a JSON list in a CSV field, or columns `option_A`, `option_B`, … */
function optionsOf(value: unknown, fields: Record<string, unknown>, where: string): string[] {
  const list = typeof value === 'string' && value.trim() !== '' ? parsed(value, 'options', where) : value;
  if (Array.isArray(list)) return list.flatMap((item) => textOf(item) ?? []).filter((item) => item.trim() !== '');
  if (list !== undefined && list !== null && list !== '') throw misfit('options', 'a list', where);
  return 'ABCDEFGH'.split('').flatMap((letter) => textOf(fields[`option_${letter}`]) || []);
}

function likelihoodsOf(value: unknown, where: string): AnsweredRow['likelihoods'] {
  if (value === undefined || value === null || value === '') return null;
  const given = typeof value === 'string' ? parsed(value, 'likelihoods', where) : value;
  const numbers: unknown[] = typeof given === 'object' && given !== null ? Object.values(given) : [];
  if (numbers.length > 0 && numbers.every((item) => typeof item === 'number' && Number.isFinite(item)))
    return given as number[] | Record<string, number>;
  throw misfit('likelihoods', 'a list or object of finite numbers', where);
}

function parsed(text: string, field: Field, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw misfit(field, 'JSON', where);
  }
}

function misfit(field: Field, kind: string, where: string): DataError {
  return new DataError('row-misfit', `${where}: ${field} is not ${kind}.`, {
    where,
    remedy: 'Mend it, name another column with --map, or leave such rows out with --skip-bad.',
  });
}
