/** The lines of a reply cache: their form, and a scan that finds them without holding the file in memory. */
import { readSync } from 'node:fs';
import { z } from 'zod';
import { DataError } from '../errors.js';

export const cacheLineSchema = z.object({
  /** Version of this form. */
  v: z.literal(1),
  /** When the reply was written, ISO 8601. */
  at: z.string(),
  key: z.string().min(1),
  provider: z.string(),
  model: z.string(),
  imageHash: z.string(),
  promptHash: z.string(),
  text: z.string(),
  finish: z.enum(['stop', 'max-tokens', 'blocked', 'empty']),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }).nullable(),
});
export type CacheLine = z.infer<typeof cacheLineSchema>;

export interface LinePlace {
  /** Bytes from the start of the file. */
  offset: number;
  /** Bytes, without the line end. */
  length: number;
}

/** Replies of one model and their tokens. */
export interface CacheTotals {
  replies: number;
  inputTokens: number;
  outputTokens: number;
  /** Replies whose tokens the provider did not tell. */
  withoutUsage: number;
}

export interface LineIndex {
  places: Map<string, LinePlace>;
  /** By `provider/model`. */
  totals: Map<string, CacheTotals>;
  /** Just after the last line end: where the next line goes. */
  end: number;
  damagedLines: number;
}

const chunkBytes = 1024 * 1024;
const lineEnd = 0x0a;

/** @throws DataError `cache-version` for a file that a newer medgr2 wrote. */
export function indexLines(descriptor: number, path: string): LineIndex {
  const index: LineIndex = { places: new Map(), totals: new Map(), end: 0, damagedLines: 0 };
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = Buffer.alloc(0);
  for (let read = 0; (read = readSync(descriptor, chunk, 0, chunkBytes, index.end + rest.length)) > 0;) {
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let stop = 0; (stop = bytes.indexOf(lineEnd, start)) !== -1; start = stop + 1) {
      addLine(index, bytes.subarray(start, stop), path);
    }
    rest = bytes.subarray(start);
  }
  return index;
}

function addLine(index: LineIndex, bytes: Buffer, path: string): void {
  const place = { offset: index.end, length: bytes.length };
  index.end += bytes.length + 1;
  const raw = parse(bytes);
  const version = (raw as { v?: unknown } | null)?.v;
  if (typeof version === 'number' && version > 1) {
    throw new DataError(
      'cache-version',
      `The reply cache has lines of version ${version}; this medgr2 reads version 1.`,
      {
        remedy: 'Use the medgr2 that wrote it, or name another cache file.',
        where: path,
      },
    );
  }
  const line = cacheLineSchema.safeParse(raw);
  // A power cut can leave blocks of zeros; the other lines are still worth their price.
  if (!line.success) index.damagedLines++;
  else if (!index.places.has(line.data.key)) {
    index.places.set(line.data.key, place);
    addToTotals(index.totals, line.data);
  }
}

export function addToTotals(
  totals: Map<string, CacheTotals>,
  { provider, model, usage }: Pick<CacheLine, 'provider' | 'model' | 'usage'>,
): void {
  const name = `${provider}/${model}`;
  const sum = totals.get(name) ?? { replies: 0, inputTokens: 0, outputTokens: 0, withoutUsage: 0 };
  sum.replies++;
  sum.inputTokens += usage?.inputTokens ?? 0;
  sum.outputTokens += usage?.outputTokens ?? 0;
  if (usage === null) sum.withoutUsage++;
  totals.set(name, sum);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
