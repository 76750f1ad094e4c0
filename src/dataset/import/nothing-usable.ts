/** A table of which no row could be used: what its columns are, and the --map that would do. */
import { shellWord } from '../../called-as.js';
import { nearest } from '../../config/nearest-word.js';
import { DataError } from '../../errors.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { pictureNames } from '../pictures/image-folder.js';
import type { ImportRows } from '../import-rows/question-rows.js';

export function nothingUsable(
  path: string,
  { raw, columns }: Pick<ImportRows, 'raw' | 'columns'>,
  rejected: readonly Rejection[],
  /** Folders that relative names of images were looked for in. */
  roots: readonly string[],
): DataError {
  const all = [...new Set(raw.flatMap(({ fields }) => Object.keys(fields)))];
  const lacking = neededFields.filter(
    (field) => columns.used[field] === undefined && !('conversation' in columns.used),
  );
  const empty = lacking.filter((field) => columns.empty.includes(field));
  const missing = lacking.filter((field) => !empty.includes(field));
  const guesses = missing.map((field) => ({ field, column: guessed(field, columns.unused, raw) }));
  // To be copied into a shell as it is.
  const maps = guesses.map(({ field, column }) => `--map ${shellWord(`${field}=${column ?? 'COLUMN'}`)}`);
  const codes = new Map<string, { count: number; example: string }>();
  for (const { code, file, line, reason } of rejected) {
    const example = `${file}${line === null ? '' : `:${line}`} ${reason}`;
    codes.set(code, { count: (codes.get(code)?.count ?? 0) + 1, example: codes.get(code)?.example ?? example });
  }
  const reasons = [...codes].map(([code, { count, example }]) => `  ${code} ${count}, for example ${example}`);
  return new DataError(
    'import-empty',
    [
      `no row of ${path} can be used (${rejected.length} rejected)`,
      `  its columns are ${all.join(', ') || 'none'}`,
      ...reasons,
    ]
      .slice(0, 12)
      .join('\n'),
    {
      where: path,
      remedy: `${raw.length === 0 && rejected.length === 0 ? 'It holds no rows: fill it in' : all.some((name) => pictureNames.test(name)) ? 'Its first line is a row: write a header above it, such as image,question,options,answer' : remedyOf(maps, empty, mostlyNoImage(rejected) ? roots : [])}. Nothing was written.`,
    },
  );
}

function mostlyNoImage(rejected: readonly Rejection[]): boolean {
  return 2 * rejected.filter(({ code }) => code === 'image-missing').length > rejected.length;
}

function remedyOf(maps: readonly string[], empty: readonly string[], roots: readonly string[]): string {
  if (maps.length > 0) return `Say which column is which: ${maps.join(' ')}`;
  if (empty.length > 0) return `Fill in ${empty.join(', ')}: the column is there and empty`;
  if (roots.length > 0)
    return `Say where the names of images start: --image-root FOLDER (they were looked for in ${roots.join(' and ')})`;
  return 'Mend what the reasons say, or give other options';
}

const neededFields = ['image', 'question', 'answer'] as const;
type Needed = (typeof neededFields)[number];

/** Words of other languages and habits; a table's own values say more where they say something. */
const likelyNames: Readonly<Record<Needed, readonly string[]>> = {
  image: ['bild', 'imagen', 'immagine', 'path', 'scan', 'photo', 'dateiname', '图像', '图片'],
  question: ['frage', 'pregunta', 'domanda', 'text', 'stem', '问题'],
  answer: [
    'antwort',
    'respuesta',
    'risposta',
    'réponse',
    'reponse',
    'key',
    'diagnosis',
    'finding',
    'wahr',
    'result',
    '答案',
  ],
};

const called = /richtig|korrekt|correct|right|giust|just|верн|正/iu;

function guessed(field: Needed, unused: readonly string[], raw: ImportRows['raw']): string | null {
  const values = (column: string): string[] =>
    raw.slice(0, 200).flatMap(({ fields }) => (typeof fields[column] === 'string' ? [fields[column]] : []));
  const mostly = (column: string, test: (value: string) => boolean): boolean => {
    const all = values(column);
    return all.length > 0 && 2 * all.filter(test).length > all.length;
  };
  if (field === 'image') {
    const found = unused.find((column) => mostly(column, (value) => pictureNames.test(value.trim())));
    if (found !== undefined) return found;
  }
  if (field === 'question') {
    const found = unused.find((column) => mostly(column, (value) => /[?？]\s*$/.test(value)));
    if (found !== undefined) return found;
  }
  const named = unused.filter((column) => likelyNames[field].some((name) => column.toLowerCase().includes(name)));
  // `Richtige Antwort` beside `Antwort des Lesers`.
  const best = field === 'answer' ? (named.find((column) => called.test(column)) ?? named[0]) : named[0];
  return best ?? nearest(field, unused);
}
