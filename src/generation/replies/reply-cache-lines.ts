/**
 * The lines of a reply cache: their form, and a scan that finds them without holding the file in memory. Each line ends with
 * a checksum of what stands before it; lines of versions before there was one are taken as they are.
 */
import { readSync } from 'node:fs';
import { z } from 'zod';
import { DataError } from '../../errors.js';
import { addUsage, noUsage, type UsageSum } from '../cost/prices.js';
import { finishReasons } from '../../providers/provider.js';
import { sha256 } from '../../hash.js';
import type { KeyTable } from './key-table.js';
import { jsonOrNull } from '../../json-text.js';

export const cacheLineSchema = z.object({
  /** Version of this form; 1 had no checksum. */
  v: z.union([z.literal(1), z.literal(2)]),
  /** When the reply was written, ISO 8601. */
  at: z.string(),
  key: z.string().min(1),
  provider: z.string(),
  model: z.string(),
  imageHash: z.string(),
  promptHash: z.string(),
  text: z.string(),
  finish: z.enum(finishReasons),
  usage: z
    .object({
      inputTokens: z.number(),
      outputTokens: z.number(),
      cachedInputTokens: z.number().optional(),
      thinkingTokens: z.number().optional(),
      isBatch: z.literal(true).optional(),
    })
    .nullable(),
  why: z.string().optional(),
  modelVersion: z.string().optional(),
});
export type CacheLine = z.infer<typeof cacheLineSchema>;

const newest = 2;
const sumForm = /,"sum":"([0-9a-f]{16})"\}$/;

/** A line as it is written, without its line end. */
export function sealed(line: Omit<CacheLine, 'v'>): string {
  const body = JSON.stringify({ v: newest, ...line }).slice(0, -1);
  return `${body},"sum":"${sumOf(body)}"}`;
}

/** Null for a line that is not what was once written. @throws DataError `cache-version` for a newer medgr2's. */
export function readLine(text: string, path: string): CacheLine | null {
  const sum = sumForm.exec(text);
  if (sum !== null && sumOf(text.slice(0, sum.index)) !== sum[1]) return null;
  const raw = jsonOrNull(text);
  const version = (raw as { v?: unknown } | null)?.v;
  if (typeof version === 'number' && version > newest) {
    throw new DataError(
      'cache-version',
      `The reply cache has lines of version ${version}; this medgr2 reads up to version ${newest}.`,
      { remedy: 'Use the medgr2 that wrote it, or name another cache file.', where: path },
    );
  }
  const line = cacheLineSchema.safeParse(raw);
  return line.success && (sum !== null) === line.data.v > 1 ? line.data : null;
}

const sumOf = (body: string): string => sha256(body).slice(0, 16);

/** Replies of one model and their tokens. */
export interface CacheTotals extends UsageSum {
  replies: number;
  /** Replies whose tokens the provider did not tell. */
  withoutUsage: number;
}

export interface LineIndex {
  /** Where each line starts, in bytes from the start of the file. */
  places: KeyTable;
  /** By `provider/model`. */
  totals: Map<string, CacheTotals>;
  /** Where the next line goes. */
  end: number;
  /** Whether the line before it lacks its end. */
  isOpen: boolean;
  damagedLines: number;
}

const chunkBytes = 1024 * 1024;
const lineEnd = 0x0a;
/** Few replies are longer. */
const commonLine = 4_096;

/** The line that starts there; null where it is not what was once written. */
export function lineAt(descriptor: number, offset: number, path: string): CacheLine | null {
  const text = textAt(descriptor, offset);
  return text === null ? null : readLine(text, path);
}

/** Without the line's end; null where the file ends before it does. */
function textAt(descriptor: number, offset: number): string | null {
  for (let length = commonLine; ; length *= 4) {
    const bytes = Buffer.allocUnsafe(length);
    const read = readSync(descriptor, bytes, 0, length, offset);
    const end = bytes.subarray(0, read).indexOf(lineEnd);
    if (end !== -1) return bytes.toString('utf8', 0, end);
    if (read < length) return null;
  }
}

/** @throws DataError `cache-version` for a file that a newer medgr2 wrote. */
export function indexLines(descriptor: number, path: string, places: KeyTable): LineIndex {
  const index: LineIndex = {
    places,
    totals: new Map(),
    end: 0,
    isOpen: false,
    damagedLines: 0,
  };
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = Buffer.alloc(0);
  for (let read = 0; (read = readSync(descriptor, chunk, 0, chunkBytes, index.end + rest.length)) > 0;) {
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let stop = 0; (stop = bytes.indexOf(lineEnd, start)) !== -1; start = stop + 1) {
      addLine(index, bytes.subarray(start, stop), descriptor, path);
    }
    rest = bytes.subarray(start);
  }
  // What follows the last line end was being written when the process died, unless only the line end was lost.
  const line = rest.length > 0 && sumForm.test(rest.toString('utf8')) ? readLine(rest.toString('utf8'), path) : null;
  if (line !== null) {
    addLine(index, rest, descriptor, path);
    index.end -= 1;
    index.isOpen = true;
  }
  return index;
}

function addLine(index: LineIndex, bytes: Buffer, descriptor: number, path: string): void {
  const from = index.end;
  index.end += bytes.length + 1;
  let start = 0;
  let line = readLine(bytes.toString('utf8'), path);
  if (line === null) {
    // A power cut can leave blocks of zeros, a lost line end two lines in one: what stands last may still be whole.
    index.damagedLines++;
    start = bytes.lastIndexOf('{"v":');
    if (start <= 0) return;
    line = readLine(bytes.toString('utf8', start), path);
  }
  if (line === null) return;
  const { key } = line;
  if (index.places.find(key, (place) => lineAt(descriptor, place, path)?.key === key) !== undefined) return;
  index.places.add(key, from + start);
  addToTotals(index.totals, line);
}

export function addToTotals(
  totals: Map<string, CacheTotals>,
  { provider, model, usage }: Pick<CacheLine, 'provider' | 'model' | 'usage'>,
): void {
  const name = `${provider}/${model}`;
  const sum = totals.get(name) ?? { replies: 0, ...noUsage(), withoutUsage: 0 };
  sum.replies++;
  addUsage(sum, usage);
  if (usage === null) sum.withoutUsage++;
  totals.set(name, sum);
}
