/** Which columns of a table hold labels, and what their classes are names of. */
import { ConfigError } from '../../errors.js';
import { normalize } from '../../reward/words/normal-text.js';
import { templates } from '../drafts/question-templates.js';
import type { PlacedRow } from '../predictions/prediction-file.js';
import { labelKinds, type LabelKind, type Topic } from './label-set.js';

export interface LabelColumns {
  path: string;
  /** Of columns that do not say. */
  kind: LabelKind;
  /** `COLUMN` or `COLUMN=KIND`; found by their names where there is none. */
  labels: readonly string[];
}

/** Columns of one topic: one that names classes, or one of 0 and 1 for each class. */
export type Labelling = { topic: Topic; column: string } | { topic: Topic; flags: readonly string[] };

interface Column {
  column: string;
  kind: LabelKind;
}

/** @throws ConfigError where a column is not there, or none is known to hold labels. */
export function labellingsOf(rows: readonly PlacedRow[], { path, kind, labels }: LabelColumns): Labelling[] {
  const all = [...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))];
  const isFlag = (column: string): boolean => rows.every(({ fields }) => flagOf(fields[column]) !== undefined);
  if (labels.length > 0) {
    const chosen = labels.map((text) => columnSaid(text, all, kind));
    return topicsOf(
      chosen.filter(({ column }) => !isFlag(column)),
      chosen.filter(({ column }) => isFlag(column)),
    );
  }
  const named = all
    .filter((column) => kindNamed(column) !== null)
    .map((column) => ({ column, kind: kindOf(column, kind) }));
  // Numbers name no class where words do: a target of 0 and 1, the `y]` of a size in pixels.
  const inWords = named.filter(({ column, kind: of }) => of === 'grade' || rows.some(hasWords(column)));
  if (named.length > 0) return topicsOf(inWords.some(({ kind: of }) => of !== 'grade') ? inWords : named, []);
  const flags = all.filter((column) => isFlag(column) && rows.some(({ fields }) => flagOf(fields[column]) === true));
  if (flags.length > 1)
    return topicsOf(
      [],
      flags.map((column) => ({ column, kind })),
    );
  throw noColumn(`no column of ${path} is known to hold labels`, all);
}

/** A topic for each column of words, and for all flags of a kind; a name where there are several. */
function topicsOf(words: readonly Column[], flags: readonly Column[]): Labelling[] {
  const byKind = [...Map.groupBy(flags, ({ kind }) => kind)];
  const several = words.length + byKind.length > 1;
  return [
    ...words.map(({ column, kind }) => ({ topic: { name: several ? column : '', kind }, column })),
    ...byKind.map(([kind, own]) => ({
      topic: { name: several ? kind : '', kind },
      flags: own.map(({ column }) => column),
    })),
  ];
}

const hasWords =
  (column: string) =>
  ({ fields }: PlacedRow): boolean =>
    /\p{L}/u.test(textOf(fields[column]) ?? '');

function columnSaid(text: string, all: readonly string[], kind: LabelKind): Column {
  const [, column = text, said] = /^(.*)=(\w+)$/.exec(text) ?? [];
  const found = all.find((one) => one === column) ?? all.find((one) => normalize(one) === normalize(column));
  if (found === undefined) throw noColumn(`--labels ${text}: no row has a column "${column}"`, all);
  if (said === undefined) return { column: found, kind: kindOf(found, kind) };
  const of = labelKinds.find((known) => known === said);
  if (of !== undefined) return { column: found, kind: of };
  throw new ConfigError('label-kind', `--labels ${text}: ${said} is not one of ${labelKinds.join(', ')}`);
}

const noColumn = (problem: string, all: readonly string[]): ConfigError =>
  new ConfigError('labels-missing', problem, {
    remedy: `Say which do: --labels COLUMN, several times, with what they name as --labels COLUMN=anatomy. The columns are ${all.join(', ') || 'none'}.`,
  });

/** What the name of a column says; most say no more than that they hold labels. */
function kindNamed(column: string): LabelKind | null {
  const name = normalize(column);
  const { disease, anatomy, grade } = templates.columns;
  if (disease.has(name)) return 'disease';
  if (anatomy.has(name)) return 'anatomy';
  return grade.has(name) ? 'grade' : null;
}

function kindOf(column: string, otherwise: LabelKind): LabelKind {
  const named = kindNamed(column);
  return named === 'anatomy' || named === 'grade' ? named : otherwise;
}

/** True and false; null where it is empty or uncertain, undefined for what is no flag. */
export function flagOf(value: unknown): boolean | null | undefined {
  const text = textOf(value)?.toLowerCase() ?? '';
  if (/^(?:1(?:[.,]0+)?|true|yes)$/.test(text)) return true;
  if (/^(?:0(?:[.,]0+)?|false|no)$/.test(text)) return false;
  return /^(?:|-1(?:[.,]0+)?|nan|na|n\/a|\?|null|none)$/.test(text) ? null : undefined;
}

export function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
