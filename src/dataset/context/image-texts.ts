/**
 * What a table says in words of images, and which image a row means: by its path, its name, its name without ending, or the
 * folder of a study whose images all share one report.
 */
import { resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { columnsOf } from '../import-rows/row-columns.js';
import { namesIn, patientsOf } from '../patients/unnamed-patients.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import { readPlacedRows } from '../predictions/prediction-file.js';

export interface ImageText {
  /** Null where the table says nothing of the image. */
  text: string | null;
  patient: string | null;
}

export interface ImageTexts {
  /** What is written about images, by their paths below their folder, and whose they are. */
  about: (names: readonly string[]) => { of: (name: string) => ImageText; notes: string[] };
  /** Every patient and study of the table, as it writes them. */
  identities: string[];
  /** Rows with an image and a text. */
  rows: number;
}

/** Columns that hold what a person wrote; that of a person's own map comes before them. */
const usualNames = [
  'context',
  'report',
  'report_text',
  'reports',
  'caption',
  'findings',
  'impression',
  'text',
  'befund',
];

interface Entry {
  /** As the table writes it. */
  path: string;
  text: string;
  patient: string | null;
}

/** @throws DataError where the table has no column of texts or of images. */
export async function readImageTexts(path: string, map: ColumnMap, encoding: string | null): Promise<ImageTexts> {
  const { rows, bad } = await readPlacedRows(resolve(path), { skipBad: true, encoding, table: true });
  const all = [...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))];
  const column = map.context ?? usualNames.flatMap((name) => all.find((one) => one.toLowerCase() === name) ?? [])[0];
  // A map may be of the questions beside it, too.
  const own = map.image !== undefined && all.includes(map.image) ? { image: map.image } : {};
  const columns = columnsOf(rows, { ...own, ...(column === undefined ? {} : { context: column }) });
  const missing = column === undefined ? 'context' : columns.used['image'] === undefined ? 'image' : null;
  if (column === undefined || missing !== null)
    throw new DataError('context-columns', `${path} has no column of ${missing === 'image' ? 'images' : 'texts'}`, {
      where: path,
      remedy: `Say which it is with --map ${missing}=COLUMN. Its columns are ${all.join(', ')}.`,
    });
  const identities = rows.map((row) => columns.identitiesIn(row));
  const patients = patientsOf(identities);
  const entries = rows.flatMap((row, index): Entry[] => {
    const [image, text] = [textOf(columns.valueOf(row, 'image')), textOf(columns.valueOf(row, 'context'))];
    return image === null || text === null ? [] : [{ path: plain(image), text, patient: patients[index] ?? null }];
  });
  return {
    about: (names) => {
      const { of, notes } = matched(entries, names);
      return { of, notes: [...bad.slice(0, 3).map(({ where, reason }) => `${where} ${reason}`), ...notes] };
    },
    identities: [...new Set(identities.flatMap(({ patients: named, studies }) => namesIn([...named, ...studies])))],
    rows: entries.length,
  };
}

/**
 * By the whole path, else by the name, else by the name without ending, else by the folder of a study. A name that several
 * rows or several images have means none of them: the wrong report is worse than none.
 */
function matched(entries: readonly Entry[], names: readonly string[]): ReturnType<ImageTexts['about']> {
  const unique = [...new Set(names.map(plain))];
  const found = new Map<string, readonly Entry[]>();
  const ambiguous = new Set<string>();
  for (const keyOf of [(path: string) => path, nameOf, stemOf]) {
    const rowsBy = Map.groupBy(entries, ({ path }) => keyOf(path));
    const namesBy = Map.groupBy(unique, keyOf);
    for (const name of unique) {
      const rows = rowsBy.get(keyOf(name)) ?? [];
      if (found.has(name) || rows.length === 0) continue;
      const isOne = new Set(rows.map(({ path }) => path)).size === 1 && namesBy.get(keyOf(name))?.length === 1;
      if (isOne) found.set(name, rows);
      else ambiguous.add(name);
    }
  }
  const byPath = Map.groupBy(entries, ({ path }) => path);
  for (const name of unique) {
    const folder = found.has(name) ? undefined : foldersOf(name).find((one) => byPath.has(one));
    if (folder !== undefined) found.set(name, byPath.get(folder) ?? []);
  }
  const used = new Set([...found.values()].flat());
  const unclear = [...ambiguous].filter((name) => !found.has(name)).length;
  return {
    of: (name) => {
      const rows = found.get(plain(name)) ?? [];
      const texts = [...new Set(rows.map(({ text }) => text))];
      const patient = rows.find((row) => row.patient !== null)?.patient ?? null;
      return { text: texts.length === 0 ? null : texts.join('\n\n'), patient };
    },
    notes: [
      ...(used.size < entries.length
        ? [`${entries.length - used.size} of ${entries.length} texts are about no image here`]
        : []),
      ...(unclear > 0
        ? [`${unclear} images have no text: theirs is a name of several images or rows (give paths)`]
        : []),
    ],
  };
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value).trim() || null : null;

const plain = (path: string): string =>
  path.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '').toLowerCase();

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Endings of pictures alone: `1.2.840.113` has none. */
const stemOf = (path: string): string =>
  nameOf(path).replace(/\.(?:png|apng|jpe?g|jpe|jfif|webp|gif|bmp|dib|tiff?|dcm|nii|nii\.gz)$/, '');

/** The folders above an image, the nearest first. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/'));
}
