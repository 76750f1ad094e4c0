/** A row of a table as one line of JSON, checked against its columns. */
import { DataError } from '../../errors.js';

/** The column types in use. BIGINT holds whole numbers up to 2^53 and reads back as a number. */
export type DuckType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR[]' | 'DOUBLE[]';

/** Column names and types, in the order they are written. */
export type Columns = Readonly<Record<string, DuckType>>;

/** A row as JSON. Refuses what JSON or the column would change silently. */
export function checkedLine(row: object, columns: Columns, where: string): string {
  for (const [name, value] of Object.entries(row) as [string, unknown][]) {
    const type = columns[name];
    const wrong = type === undefined ? 'has no column' : misfit(value, type);
    if (wrong === null) continue;
    throw new DataError('row-misfit', `${where}: field "${name}" ${wrong}.`, {
      where,
      remedy: 'Give the field a column of its type, or leave it out.',
    });
  }
  // A lone surrogate, as a cut emoji leaves it, is no valid UTF-8.
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value));
}

function misfit(value: unknown, type: DuckType): string | null {
  if (value === null || value === undefined) return null;
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return `is no list but the column is ${type}`;
    const element = type.slice(0, -2) as DuckType;
    return value.map((item: unknown) => misfit(item, element)).find((wrong) => wrong !== null) ?? null;
  }
  const fits = {
    VARCHAR: typeof value === 'string',
    BOOLEAN: typeof value === 'boolean',
    DOUBLE: Number.isFinite(value),
    BIGINT: Number.isSafeInteger(value),
  }[type as 'VARCHAR' | 'BOOLEAN' | 'DOUBLE' | 'BIGINT'];
  return fits ? null : `holds ${String(value)}, which is no ${type}`;
}
