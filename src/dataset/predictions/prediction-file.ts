/**
 * Reads a file of predictions or questions made elsewhere (JSONL, a JSON list, CSV, TSV or Parquet) into plain objects with the
 * place of each. Does not say what the columns mean.
 */
import { extname } from 'node:path';
import { DataError, messageOf } from '../../errors.js';
import { parseCsv } from '../tables/csv.js';
import { rowsOfObject } from '../tables/json-columns.js';
import { elementLines } from '../tables/json-list.js';
import { readParquet } from '../tables/table.js';
import { readTextFile } from '../tables/text-file.js';
import { isObject, jsonOrNull } from '../../json-text.js';

export interface PlacedRow {
  /** `file:line`; for Parquet and lists on one line `file row N`, from 1. */
  where: string;
  /** Where the row begins in its file, from 1; for those the number of the row. */
  line: number;
  fields: Record<string, unknown>;
}

/** A line that was left out. */
export interface BadLine {
  where: string;
  reason: string;
}

export interface UnreadableLine extends BadLine {
  line: number;
}

export interface PlacedRows {
  rows: PlacedRow[];
  bad: UnreadableLine[];
  /** Of a text file. */
  encoding?: string;
}

export interface ReadPlacedOptions {
  /** Bad lines are left out and reported. */
  skipBad: boolean;
  /** Of text files that are not in UTF-8 and do not say so. */
  encoding?: string | null | undefined;
  /** A text file whose name ends otherwise than those of JSON is a table: a person said so. */
  table?: boolean;
}

const jsonNames = new Set(['.json', '.jsonl', '.ndjson']);

/**
 * A last JSONL line that is cut short (published files have them) is left out and reported; any other bad line is a
 * DataError that names it, or with `skipBad` is left out and reported too.
 */
export async function readPlacedRows(
  path: string,
  { skipBad, encoding, table = false }: ReadPlacedOptions,
): Promise<PlacedRows> {
  const extension = extname(path).toLowerCase();
  if (extension === '.parquet') {
    const rows = await readParquet(path);
    const placed = (fields: Record<string, unknown>, i: number): PlacedRow => {
      return { where: `${path} row ${i + 1}`, line: i + 1, fields };
    };
    return { rows: rows.map(placed), bad: [] };
  }
  const file = await readTextFile(path, encoding);
  const isTable = extension === '.csv' || extension === '.tsv' || (table && !jsonNames.has(extension));
  const read = isTable ? readTable : readJson;
  return { ...read(path, file.text.replace(/^\ufeff/, ''), skipBad), encoding: file.encoding };
}

function readTable(path: string, text: string, skipBad: boolean): PlacedRows {
  const { records, bad } = parseCsv(text);
  const result: PlacedRows = { rows: [], bad: [] };
  for (const { line, reason } of bad) refuse(result, { where: `${path}:${line}`, line, reason }, skipBad);
  for (const { line, fields } of records) result.rows.push({ where: `${path}:${line}`, line, fields });
  return result;
}

function readJson(path: string, text: string, skipBad: boolean): PlacedRows {
  const start = text.trimStart();
  if (start.startsWith('[')) return readList(path, text, { list: parsedList(path, text), depth: 0 }, skipBad);
  const whole = start.startsWith('{') ? wholeObject(text) : null;
  if (whole === null) return readLines(path, text, skipBad);
  const inner = listInside(whole);
  if (inner !== null) return readList(path, text, { list: inner, depth: 1 }, skipBad);
  const rows = rowsOfObject(whole) ?? [whole];
  return { rows: rows.map((fields, i) => ({ where: `${path} row ${i + 1}`, line: i + 1, fields })), bad: [] };
}

/** Null for JSON lines, or what is broken: whoever reads the lines says which. */
function wholeObject(text: string): Record<string, unknown> | null {
  const whole = jsonOrNull(text);
  return isObject(whole) ? whole : null;
}

/** The rows of `{ "data": [ … ] }`: the only list of objects in an object that is the whole file. */
function listInside(whole: Record<string, unknown>): unknown[] | null {
  const lists = Object.values(whole).filter((value) => Array.isArray(value) && value.length > 0);
  const [list, ...others] = lists as unknown[][];
  // A single row may hold turns of a conversation, and names its image or question beside them.
  const beside = Object.values(whole).some((value) => typeof value === 'string' && value.length > 0);
  const rows = list?.every((item) => isObject(item) && !('role' in item) && !('from' in item)) === true;
  return list !== undefined && others.length === 0 && !beside && rows ? list : null;
}

function readLines(path: string, text: string, skipBad: boolean): PlacedRows {
  const lines = text.split('\n');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  const result: PlacedRows = { rows: [], bad: [] };
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const where = `${path}:${i + 1}`;
    try {
      const fields: unknown = JSON.parse(line);
      if (isObject(fields)) result.rows.push({ where, line: i + 1, fields });
      else refuse(result, { where, line: i + 1, reason: 'is no JSON object' }, skipBad);
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      // One that has its end is wrong as any other.
      const cut = i === last && i > 0 && !line.trimEnd().endsWith('}');
      const reason = cut ? 'is the last line and cut short' : `is not JSON: ${faultOf(cause)}`;
      refuse(result, { where, line: i + 1, reason }, skipBad || cut);
    }
  }
  return result;
}

/** Without the piece of the text that the message quotes: it may name a patient. */
const faultOf = (cause: unknown): string => messageOf(cause).replace(/, (?:\.\.\.)?".*" is not valid JSON$/s, '');

function parsedList(path: string, text: string): unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (cause) {
    throw new DataError('json-malformed', `${path} begins as a JSON list but is not JSON: ${faultOf(cause)}`, {
      cause,
      where: path,
      remedy: 'Mend the file, or write one JSON object per line.',
    });
  }
}

function readList(
  path: string,
  text: string,
  { list, depth }: { list: readonly unknown[]; depth: number },
  skipBad: boolean,
): PlacedRows {
  const result: PlacedRows = { rows: [], bad: [] };
  const lines = elementLines(text, depth);
  // Where rows share a line, as in a file of one line, their number says more.
  const apart = lines.length === list.length && lines.every((line, i) => i === 0 || line > (lines[i - 1] ?? 0));
  for (const [i, fields] of list.entries()) {
    const line = apart ? (lines[i] ?? i + 1) : i + 1;
    const where = apart ? `${path}:${line}` : `${path} row ${line}`;
    if (isObject(fields)) result.rows.push({ where, line, fields });
    else refuse(result, { where, line, reason: 'is no JSON object' }, skipBad);
  }
  return result;
}

function refuse(result: PlacedRows, line: UnreadableLine, skip: boolean): void {
  if (!skip) {
    throw new DataError('row-unreadable', `${line.where} ${line.reason}.`, {
      where: line.where,
      remedy: 'Mend or remove it, or leave such lines out with --skip-bad.',
    });
  }
  result.bad.push(line);
}
