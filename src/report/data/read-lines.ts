/** JSON lines of a file that a run may still be writing. Only reads: the file is left as it is, torn lines are counted. */
import type { z } from 'zod';
import { linesOf } from '../../loop/folder/json-lines.js';

export interface Lines<T> {
  rows: T[];
  /** Lines that are no such row: torn by a kill, or written by another version. */
  unreadable: number;
}

export function readLines<T>(file: string, schema: z.ZodType<T>): Lines<T> {
  const rows: T[] = [];
  let unreadable = 0;
  for (const line of linesOf(file, { torn: true })) {
    if (line === '') continue;
    const parsed = schema.safeParse(line === null ? undefined : valueOf(line));
    if (parsed.success) rows.push(parsed.data);
    else unreadable++;
  }
  return { rows, unreadable };
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
