/** Append-only files of one JSON value per line. A line torn by a kill is cut off when the file is opened again. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';

/** Complete lines, in order; a torn last line is removed from the file. */
export function openJsonLines(file: string): string[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(file, end);
  return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
}

/** Written before the call returns, so that a kill right after it loses nothing. */
export function appendJsonLine(file: string, value: object): void {
  appendFileSync(file, `${JSON.stringify(value)}\n`);
}
