/**
 * Tables on disk: rows to Parquet and JSONL and back, through DuckDB. Files appear whole or not at all.
 * Written piece by piece, and read in parts where a table may be long.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { linesOfText, makeFolder, onDisk, privateFile } from '../../disk.js';
import { DataError, messageOf } from '../../errors.js';
import { openReader, openWriter, rowParts, withConnection } from './duckdb-connection.js';
import { writeLines, writeParts, type Lines } from './line-files.js';
import { checkedLine, type Columns } from './row-line.js';
import { fileProblem, largestText, requireFile } from '../../file-kind.js';

export type { Columns, DuckType } from './row-line.js';

/** Writes rows as Parquet. A field that a row lacks becomes null; a field without a column is an error. */
export async function writeParquet(
  path: string,
  rows: Iterable<object> | AsyncIterable<object>,
  columns: Columns,
): Promise<void> {
  const lines = async function* (): AsyncGenerator<string> {
    let count = 0;
    for await (const row of rows) yield checkedLine(row, columns, `${path} row ${(count += 1)}`);
  };
  await writeParquetLines(path, lines(), columns);
}

export interface ParquetForm {
  /** SQL of what is written of the columns; all of them when left out. */
  select?: string;
  /** Key-value metadata of the file. */
  metadata?: Readonly<Record<string, string>>;
}

/** Writes JSON lines as Parquet, piece by piece: neither a million rows nor gigabytes of images fit one string. */
export async function writeParquetLines(
  path: string,
  lines: Lines,
  columns: Columns,
  { select, metadata = {} }: ParquetForm = {},
): Promise<void> {
  const folder = temporary(path);
  const parquet = temporary(path);
  try {
    makeFolder(folder);
    const { files, longest } = await onDisk(path, () => writeParts(folder, lines));
    // Twice that is held for each thread, however short the lines are.
    const room = Math.min(largestObject, Math.max(smallestRoom, longest + 1));
    const spec = Object.entries(columns).map(([name, type]) => `${quote(name)}: ${quote(type)}`);
    const source =
      `read_json([${files.map(quote).join(', ')}], format = 'newline_delimited', maximum_object_size = ${room}, ` +
      `columns = {${spec.join(', ')}})`;
    const pairs = Object.entries(metadata).map(([key, value]) => `${key}: ${quote(value)}`);
    const form = [
      'FORMAT parquet',
      'COMPRESSION zstd',
      `ROW_GROUP_SIZE ${rowGroup}`,
      ...(pairs.length > 0 ? [`KV_METADATA {${pairs.join(', ')}}`] : []),
    ];
    const instance = select === undefined ? openWriter : openReader;
    await withConnection(path, { doing: 'write', instance }, (connection) =>
      connection.run(`COPY (SELECT ${select ?? '*'} FROM ${source}) TO ${quote(parquet)} (${form.join(', ')})`),
    );
    await onDisk(path, async () => {
      await asPrivateAsFolder(parquet);
      await rename(parquet, path);
    });
  } finally {
    await Promise.all([rm(folder, { force: true, recursive: true }), rm(parquet, { force: true })]);
  }
}

const largestObject = 256 * 1024 * 1024;
const smallestRoom = 2 * 1024 * 1024;
/** Rows that are held until they are written together: fewer make no larger file down to this, and take less memory. */
const rowGroup = 4_096;

/** Nobody reads a table who may not look into its folder: folders of runs and data sets are their user's, exports are not. */
async function asPrivateAsFolder(file: string): Promise<void> {
  const { mode } = await stat(dirname(file));
  if ((mode & 0o077) === 0) await chmod(file, privateFile);
}

/** All rows of a Parquet file in order. The type is the caller's claim; check rows from elsewhere with a schema. */
export async function readParquet<T = Record<string, unknown>>(path: string): Promise<T[]> {
  const rows: T[] = [];
  for await (const part of readParquetParts<T>(path)) for (const row of part) rows.push(row);
  return rows;
}

/** The same some thousands at a time: memory does not grow with the table. */
export async function* readParquetParts<T = Record<string, unknown>>(
  path: string,
  /** Only rows with one of these in the column `id`. */
  ids?: readonly string[],
): AsyncGenerator<T[], void> {
  const problem = fileProblem(path);
  if (problem !== null) throw unreadable(path, new Error(`it ${problem}`));
  if (ids?.length === 0) return;
  const only = ids === undefined ? '' : ` WHERE id IN (${ids.map(quote).join(', ')})`;
  for await (const part of rowParts(path, `SELECT * FROM read_parquet(${quote(path)})${only}`))
    yield part.map((row) => plain(row) as T);
}

/** Writes one JSON object a line, piece by piece. */
export async function writeJsonl(path: string, rows: Iterable<object>): Promise<void> {
  const lines = function* (): Generator<string> {
    for (const row of rows) yield JSON.stringify(row);
  };
  await writeFileWhole(path, (temp) => writeLines(temp, lines()));
}

/** Writes a whole file or none. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFileWhole(path, (temp) => writeFile(temp, text));
}

async function writeFileWhole(path: string, write: (temp: string) => Promise<void>): Promise<void> {
  const temp = temporary(path);
  try {
    await onDisk(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      await write(temp);
      await asPrivateAsFolder(temp);
      await rename(temp, path);
    });
  } finally {
    await rm(temp, { force: true });
  }
}

/** Reads JSONL; blank lines are passed over. A line that is no JSON object is a DataError that names it. */
export async function readJsonl<T = Record<string, unknown>>(path: string): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of readJsonLines<T>(path)) rows.push(row);
  return rows;
}

/** The same, one after the other: a file may be longer than the longest string. */
export async function* readJsonLines<T = Record<string, unknown>>(path: string): AsyncGenerator<T, void> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line.trim() === '') continue;
    const where = `${path}:${number}`;
    const row = parseLine(line, where);
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new DataError('jsonl-not-object', `${where} holds no JSON object.`, {
        where,
        remedy: 'Write one JSON object per line.',
      });
    }
    yield row as T;
  }
}

async function* linesOf(path: string): AsyncGenerator<string, void> {
  try {
    requireFile(path);
    yield* linesOfText(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** A file's text; a DataError where it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    requireFile(path, largestText);
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const unreadable = (path: string, cause: unknown): DataError =>
  new DataError('file-unreadable', `Cannot read ${path}: ${messageOf(cause)}`, {
    cause,
    where: path,
    remedy: 'Check that the file exists and may be read.',
  });

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
