/** Rows of a file that is one JSON object: a column a key, as pandas writes tables by default, or a row a key. */
import { isObject } from '../../json-text.js';

const columnLike = /^(?:image|question|answer|options?|prompt|label|problem|solution|img|file|filename|query)/i;

/** Null where an object is a row itself. */
export function rowsOfObject(whole: Record<string, unknown>): Record<string, unknown>[] | null {
  const entries = Object.entries(whole);
  const values = entries.map(([, value]) => value);
  if (values.length < 2) return null;
  if (values.every((value) => Array.isArray(value))) {
    const length = values[0]?.length ?? 0;
    const table = length > 1 && values.every((value) => value.length === length);
    return table
      ? fromColumns(
          entries,
          Array.from({ length }, (_, index) => String(index)),
        )
      : null;
  }
  if (!values.every(isObject)) return null;
  const keys = Object.keys(values[0] ?? {});
  const same = values.every((value) => Object.keys(value).join('\n') === keys.join('\n'));
  if (entries.some(([name]) => columnLike.test(name))) return same ? fromColumns(entries, keys) : null;
  return keys.some((name) => columnLike.test(name)) ? entries.map(([id, row]) => ({ id, ...(row as object) })) : null;
}

function fromColumns(columns: readonly [string, unknown][], keys: readonly string[]): Record<string, unknown>[] {
  return keys.map((key) =>
    Object.fromEntries(columns.map(([name, column]) => [name, (column as Record<string, unknown>)[key]])),
  );
}
