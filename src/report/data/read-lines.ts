/** JSON lines of a file that a run may still be writing. Only reads: the file is left as it is, torn lines are counted. */
import { existsSync, readFileSync } from 'node:fs';
import type { z } from 'zod';

export interface Lines<T> {
  rows: T[];
  /** Lines that are no such row: torn by a kill, or written by another version. */
  unreadable: number;
}

export function readLines<T>(file: string, schema: z.ZodType<T>): Lines<T> {
  if (!existsSync(file)) return { rows: [], unreadable: 0 };
  const rows: T[] = [];
  let unreadable = 0;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const parsed = schema.safeParse(valueOf(line));
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
