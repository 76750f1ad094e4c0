/**
 * Which column of a table is which field of a question: the usual names in any case, a person's own map, paths into nested
 * fields. Says which columns were used for what, and which for nothing.
 */
import { ConfigError } from '../../errors.js';
import { repeatedName } from '../tables/csv.js';
import { columnNames, type ColumnMap, type Field } from '../predictions/answered-row.js';
import type { PlacedRow } from '../predictions/prediction-file.js';
import { patientNames, studyNames } from '../patients/identity-columns.js';

/** Names beside those of `columnNames`, as tables of questions have them. */
const moreNames = {
  id: ['uid', 'sample_id', 'question number'],
  answer: [
    'correct_answer',
    'correct',
    'correct_option',
    'gold',
    'target',
    'answer_text',
    'answer_letter',
    'answer_key',
    'correct_choice',
    'correct_letter',
    'right_answer',
    'true_answer',
    'answer_idx',
    'answer_index',
    'cop',
    'gt',
  ],
  question: ['query', 'q', 'question_text', 'instruction'],
  options: ['option', 'candidates', 'answer_choices', 'possible_answers'],
  image: [
    'image_file',
    'image_filename',
    'file_name',
    'filename',
    'file',
    'img',
    'img_path',
    'img_name',
    'picture',
    'images',
    'image_paths',
    'image_id',
  ],
  questionType: ['category', 'type'],
  rationale: ['explanation_text', 'rational', 'exp', 'thought'],
} as const satisfies Partial<Record<Field, readonly string[]>>;

const conversationNames = ['conversations', 'conversation', 'messages', 'dialog', 'dialogue', 'turns'] as const;

export type ImportField = Exclude<Field, 'prediction' | 'likelihoods'> | 'study' | 'conversation';

export interface ColumnUse {
  /** What a row has for a field: the first of its columns that is filled; undefined where no column is meant. */
  valueOf(row: PlacedRow, field: ImportField): unknown;
  /** Values of a column for each option, in order; null where the table has none. */
  optionsIn(row: PlacedRow): unknown[] | null;
  /** Columns `image1`, `image2` … that are filled. */
  numberedImagesIn(row: PlacedRow): unknown[];
  /** A used column that stands twice with two values; null where none does. */
  contradictionIn(row: PlacedRow): string | null;
  /** Every value of a row that names a patient, and that names a study, the one that counts first. */
  identitiesIn(row: PlacedRow): { patients: unknown[]; studies: unknown[] };
  /** Field -> columns. */
  used: Record<string, string[]>;
  /** Columns that hold something and were used for nothing. */
  unused: string[];
  /** Fields whose column is there and empty in every row. */
  empty: string[];
}

const fields = [
  'id',
  'answer',
  'question',
  'options',
  'image',
  'modality',
  'questionType',
  'dataset',
  'rationale',
  'context',
  'patient',
] as const;

/** @throws ConfigError for a mapped column that no row has. */
export function columnsOf(rows: readonly PlacedRow[], map: ColumnMap): ColumnUse {
  const all = [...new Set(rows.flatMap((row) => Object.keys(row.fields)))];
  const named = new Map<string, string[]>();
  for (const column of all) named.set(plain(column), [...(named.get(plain(column)) ?? []), column]);
  const used: Record<string, string[]> = {};
  const found = (names: readonly string[]): string[] => [
    ...new Set(names.flatMap((name) => named.get(plain(name)) ?? [])),
  ];
  for (const field of fields) {
    const mapped = map[field];
    const usual = field === 'patient' ? patientNames : field === 'context' ? [] : columnNames[field];
    used[field] =
      mapped === undefined ? found([...usual, ...moreNamesOf(field)]) : mappedColumns(rows, all, field, mapped);
  }
  used['study'] = found(studyNames);
  used['conversation'] = found(conversationNames).filter((column) =>
    rows.some(({ fields: own }) => Array.isArray(own[column]) || String(own[column]).startsWith('[')),
  );
  // A column that a person mapped to one field is no other's.
  const taken = new Set(Object.entries(map).flatMap(([field]) => used[field] ?? []));
  for (const [field, columns] of Object.entries(used))
    if (!Object.hasOwn(map, field)) used[field] = columns.filter((column) => !taken.has(column));
  const patients = [...new Set([...(used['patient'] ?? []), ...found(patientNames)])];
  const numberedImages = all.filter((column) => !taken.has(column) && numberedImage.test(plain(column)));
  const mappedOptions = map.options === undefined ? [] : (used['options'] ?? []);
  const own = mappedOptions.length > 1 ? mappedOptions : mappedOptions.length === 1 ? [] : optionColumns(all, taken);
  if (mappedOptions.length > 1) used['options'] = [];
  const columnFor = ({ fields: row }: PlacedRow, field: string): string | undefined =>
    used[field]?.find((column) => !isEmpty(valueAt(row, column)));
  // A column that another of its field always stands before was used for nothing.
  const touched: Record<string, string[]> = Object.fromEntries(
    Object.keys(used).map((field) => [field, [...new Set(rows.flatMap((row) => columnFor(row, field) ?? []))]]),
  );
  if (touched['image']?.length === 0) touched['image'] = numberedImages;
  touched['options'] = [...(touched['options'] ?? []), ...own.filter((column) => column !== null)];
  const tops = new Set(
    Object.values(touched)
      .flat()
      .map((column) => (all.includes(column) ? column : (column.split('.')[0] ?? column))),
  );
  return {
    valueOf: (row, field) => {
      const column = columnFor(row, field) ?? used[field]?.[0];
      return column === undefined ? undefined : valueAt(row.fields, column);
    },
    optionsIn: ({ fields: row }) =>
      own.length === 0 ? null : own.map((column) => (column === null ? null : valueAt(row, column))),
    numberedImagesIn: ({ fields: row }) =>
      numberedImages.map((column) => row[column]).filter((value) => !isEmpty(value)),
    contradictionIn: ({ fields: row }) =>
      [...tops].find((column) => {
        const again = row[repeatedName(column, 2)];
        return !isEmpty(again) && !isEmpty(row[column]) && again !== row[column];
      }) ?? null,
    identitiesIn: ({ fields: row }) => ({
      patients: patients.map((column) => valueAt(row, column)),
      studies: (used['study'] ?? []).map((column) => valueAt(row, column)),
    }),
    used: Object.fromEntries(Object.entries(touched).filter(([, columns]) => columns.length > 0)),
    unused: all.filter((column) => !tops.has(column) && rows.some(({ fields: row }) => !isEmpty(row[column]))),
    empty: Object.keys(used).filter((field) => (used[field] ?? []).length > 0 && (touched[field] ?? []).length === 0),
  };
}

const numberedImage = /^(?:image|img|picture|scan)(?:path|file|filename|name|url)?(?:\d{1,2}|[a-h])$/;

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

const moreNamesOf = (field: Field): readonly string[] =>
  (moreNames as Partial<Record<Field, readonly string[]>>)[field] ?? [];

/** Case, blanks and signs aside. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');

function mappedColumns(rows: readonly PlacedRow[], all: readonly string[], field: Field, mapped: string): string[] {
  const whole = columnNamed(rows, all, mapped);
  if (whole !== null) return [whole];
  const parts = mapped.split(',').map((part) => part.trim());
  const columns = parts.map((part) => columnNamed(rows, all, part));
  const missing = parts.find((_, index) => columns[index] === null);
  if (missing === undefined && field === 'options') return columns.filter((column) => column !== null);
  if (rows.length === 0) return [];
  throw new ConfigError(
    'column-missing',
    `--map ${field}=${mapped}: no row has a column "${field === 'options' ? (missing ?? mapped) : mapped}".`,
    {
      remedy: `The columns are ${all.join(', ')}.`,
    },
  );
}

/** The column as it is written in the table, or the path where it leads somewhere; null where it does not. */
function columnNamed(rows: readonly PlacedRow[], all: readonly string[], name: string): string | null {
  if (all.includes(name)) return name;
  if (rows.some(({ fields: row }) => valueAt(row, name) !== undefined)) return name;
  return all.find((column) => plain(column) === plain(name)) ?? null;
}

/** A column, or what a path such as `conversations.1.value` leads to; places of a list count from 0. */
function valueAt(row: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const step of path.split('.')) {
    if (typeof value === 'string' && /^\s*[[{]/.test(value)) value = parsedOr(value);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const optionWords = [
  'options?|opt|op|choices?|candidates?|answeroptions?|answerchoices?|answers?|alternatives?|distractors?',
  'antwort(?:option|möglichkeit)?|auswahl|möglichkeit|r[ée]ponse|choix|respuesta|opci[oó]n|risposta|opzione|resposta|opção|opcao',
  'alternativa|antwoord|optie|svar|ответ|вариант|选项|答案',
];
const optionName = new RegExp(`^(?:${optionWords.join('|')})?([a-z]|\\d{1,2})$`);

/**
 * `option_A …`, `option1 …`, `choiceA …`, `A …`: a family of at least two columns. A place that has no column is null: letters
 * count places.
 */
function optionColumns(all: readonly string[], taken: ReadonlySet<string>): (string | null)[] {
  const families = new Map<string, Map<string, string>>();
  const alone = new Set(all.map(plain).filter((name) => name.length === 1));
  const countsFromA = (letter: string): boolean =>
    Array.from({ length: letter.charCodeAt(0) - 96 }, (_, index) => String.fromCodePoint(97 + index)).every((one) =>
      alone.has(one),
    );
  for (const column of all) {
    const name = plain(column);
    const place = optionName.exec(name)?.[1];
    if (place === undefined || taken.has(column)) continue;
    const family = name.slice(0, name.length - place.length);
    // Figures alone are no names of options, and single letters only where they count from A.
    if (family === '' && (/\d/.test(place) || !countsFromA(place))) continue;
    const kind = `${family} ${/\d/.test(place) ? 'number' : 'letter'}`;
    const known = families.get(kind) ?? new Map<string, string>();
    families.set(kind, known.set(place, column));
  }
  const complete = [...families].map(([kind, family]) => {
    const start = family.has('0') ? 0 : 1;
    const letters = kind.endsWith('letter');
    const places = Array.from({ length: 26 }, (_, index) =>
      letters ? String.fromCodePoint(97 + index) : String(index + start),
    );
    const last = places.findLastIndex((place) => family.has(place));
    return places.slice(0, last + 1).map((place) => family.get(place) ?? null);
  });
  const sized = complete.map((columns) => ({ columns, size: columns.filter((column) => column !== null).length }));
  return sized.filter(({ size }) => size > 1).toSorted((a, b) => b.size - a.size)[0]?.columns ?? [];
}
