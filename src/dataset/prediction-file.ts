/**
 * Reads a file of predictions or questions made elsewhere (JSONL, a JSON list, CSV, TSV or Parquet) into plain objects with the
 * place of each. Does not say what the columns mean.
 */
import { extname } from 'node:path';
import { DataError, messageOf } from '../errors.js';
import { readCsv, readParquet, readText } from './table.js';

export interface PlacedRow {
  /** `file:line`; for CSV and JSON lists `file row N`, from 1. */
  where: string;
  /** Line of a JSONL file, else the number of the row. From 1. */
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
}

/**
 * A last JSONL line that is cut short (published files have them) is left out and reported; any other bad line is a
 * DataError that names it, or with `skipBad` is left out and reported too.
 */
export async function readPlacedRows(path: string, { skipBad }: { skipBad: boolean }): Promise<PlacedRows> {
  const extension = extname(path).toLowerCase();
  if (extension === '.csv' || extension === '.tsv') {
    const { rows, bad } = await readCsv(path, { skipBad });
    return {
      rows: rows.map((fields, i) => placed(path, i, fields)),
      bad: bad.map(({ line, reason }) => ({ where: `${path}:${line}`, line, reason })),
    };
  }
  if (extension === '.parquet') {
    const rows = await readParquet(path);
    return { rows: rows.map((fields, i) => placed(path, i, fields)), bad: [] };
  }
  const text = (await readText(path)).replace(/^\ufeff/, '');
  return text.trimStart().startsWith('[') ? readList(path, text, skipBad) : readLines(path, text, skipBad);
}

function placed(path: string, index: number, fields: Record<string, unknown>): PlacedRow {
  return { where: `${path} row ${index + 1}`, line: index + 1, fields };
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
      const cut = i === last && i > 0;
      const reason = cut ? 'is the last line and cut short' : `is not JSON: ${messageOf(cause)}`;
      refuse(result, { where, line: i + 1, reason }, skipBad || cut);
    }
  }
  return result;
}

function readList(path: string, text: string, skipBad: boolean): PlacedRows {
  const result: PlacedRows = { rows: [], bad: [] };
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new DataError('json-malformed', `${path} begins as a JSON list but is not JSON: ${messageOf(cause)}`, {
      cause,
      where: path,
      remedy: 'Mend the file, or write one JSON object per line.',
    });
  }
  for (const [i, fields] of (list as unknown[]).entries()) {
    const where = `${path} row ${i + 1}`;
    if (isObject(fields)) result.rows.push({ where, line: i + 1, fields });
    else refuse(result, { where, line: i + 1, reason: 'is no JSON object' }, skipBad);
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
