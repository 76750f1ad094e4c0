/**
 * Tables on disk: rows to Parquet and JSONL and back, through DuckDB. Files appear whole or not at all.
 * Whole tables are held in memory: meant for the tens of thousands of rows of a cycle, not for millions.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { DataError, messageOf } from '../errors.js';

/** The column types in use. BIGINT holds whole numbers up to 2^53 and reads back as a number. */
export type DuckType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR[]' | 'DOUBLE[]';

/** Column names and types, in the order they are written. */
export type Columns = Readonly<Record<string, DuckType>>;

/** Writes rows as Parquet. A field that a row lacks becomes null; a field without a column is an error. */
export async function writeParquet(path: string, rows: readonly object[], columns: Columns): Promise<void> {
  const jsonl = temporary(path);
  const parquet = temporary(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(jsonl, rows.map((row, i) => `${checkedLine(row, columns, `${path} row ${i + 1}`)}\n`).join(''));
    const spec = Object.entries(columns).map(([name, type]) => `${quote(name)}: ${quote(type)}`);
    const source =
      `read_json(${quote(jsonl)}, format = 'newline_delimited', maximum_object_size = 268435456, ` +
      `columns = {${spec.join(', ')}})`;
    await withConnection(path, 'write', (connection) =>
      connection.run(`COPY (SELECT * FROM ${source}) TO ${quote(parquet)} (FORMAT parquet, COMPRESSION zstd)`),
    );
    await rename(parquet, path);
  } finally {
    await Promise.all([rm(jsonl, { force: true }), rm(parquet, { force: true })]);
  }
}

/** All rows of a Parquet file in order. The type is the caller's claim; check rows from elsewhere with a schema. */
export async function readParquet<T = Record<string, unknown>>(path: string): Promise<T[]> {
  return withConnection(path, 'read', async (connection) => {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet(${quote(path)})`);
    return reader.getRowObjectsJS().map((row) => plain(row) as T);
  });
}

export interface CsvRows {
  /** Every field as text, an empty one as null. */
  rows: Record<string, string | null>[];
  /** Lines that are no row, each once; only where they are skipped. */
  bad: { line: number; reason: string }[];
}

/** Rows of a CSV or TSV file with a header line. */
export async function readCsv(path: string, { skipBad }: { skipBad: boolean }): Promise<CsvRows> {
  return withConnection(path, 'read', async (connection) => {
    const skip = skipBad ? ', ignore_errors = true, store_rejects = true' : '';
    const source = `read_csv(${quote(path)}, header = true, all_varchar = true${skip})`;
    const reader = await connection.runAndReadAll(`SELECT * FROM ${source}`);
    const rows = reader.getRowObjectsJS() as CsvRows['rows'];
    if (!skipBad) return { rows, bad: [] };
    const rejects = await connection.runAndReadAll(
      'SELECT line, min(error_message) AS reason FROM reject_errors GROUP BY line ORDER BY line',
    );
    const bad = rejects.getRowObjectsJS().map(({ line, reason }) => ({
      line: Number(line),
      reason: `is no row: ${String(reason).split('\n')[0] ?? ''}`,
    }));
    return { rows, bad };
  });
}

/** Writes one JSON object a line. */
export async function writeJsonl(path: string, rows: readonly object[]): Promise<void> {
  await writeText(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** Writes a whole file or none. */
export async function writeText(path: string, text: string): Promise<void> {
  const temp = temporary(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temp, text);
    await rename(temp, path);
  } finally {
    await rm(temp, { force: true });
  }
}

/** Reads JSONL; blank lines are passed over. A line that is no JSON object is a DataError that names it. */
export async function readJsonl<T = Record<string, unknown>>(path: string): Promise<T[]> {
  const rows: T[] = [];
  for (const [i, line] of (await readText(path))
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const where = `${path}:${i + 1}`;
    const row = parseLine(line, where);
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new DataError('jsonl-not-object', `${where} holds no JSON object.`, {
        where,
        remedy: 'Write one JSON object per line.',
      });
    }
    rows.push(row as T);
  }
  return rows;
}

/** A file's text; a DataError where it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DataError('file-unreadable', `Cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      where: path,
      remedy: 'Check that the file exists and may be read.',
    });
  }
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw new DataError('jsonl-malformed', `${where} is not JSON: ${messageOf(cause)}`, {
      cause,
      where,
      remedy: 'Mend or remove the line; a last line cut short means that writing was interrupted.',
    });
  }
}

async function withConnection<T>(
  path: string,
  doing: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } catch (cause) {
    throw new DataError('table-failed', `Cannot ${doing} ${path}: ${messageOf(cause)}`, {
      cause,
      where: path,
      remedy:
        doing === 'read'
          ? 'Check that the file exists and is of the kind that its name says.'
          : 'Check the folder’s rights and free space.',
    });
  } finally {
    instance.closeSync();
  }
}

/** A row as JSON. Refuses what JSON or the column would change silently. */
function checkedLine(row: object, columns: Columns, where: string): string {
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

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function temporary(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
