/** Hashes of the files that a stage wrote: taken when it is done, compared before they are used, so that damage is found. */
import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { diskError, onDisk } from '../../disk.js';
import { sha256 } from '../../hash.js';
import type { FileRecord } from './ledger.js';

/** What training goes on from, and logs: of no use once the stage is done. */
const workOnly = /(^|\/)(checkpoint-\d+|logs)\/|\.log$/;
/**
 * What does not tell two outcomes apart: tables that jobs read, which are made of the stage's inputs and name images by
 * absolute paths, and what holds times of day. Weights are never among them, whatever their size.
 */
const notOutcome =
  /(^|\/)(rows|prompts)\.parquet$|(^|\/)(training_args\.bin|README\.md|optimizer\.(pt|bin)|scheduler\.pt|scaler\.pt|rng_state[^/]*\.pth)$/;

export type FileRecords = Readonly<Record<string, FileRecord>>;

/** @param skip Names of files at the top of the folder that do not count. */
export async function recordFiles(dir: string, skip: readonly string[]): Promise<Record<string, FileRecord>> {
  const listed = await onDisk(dir, () => readdir(dir, { recursive: true, withFileTypes: true }));
  const names = listed
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dir.length + 1)
        .split(sep)
        .join('/'),
    )
    .filter((name) => !skip.includes(name) && !workOnly.test(name))
    .toSorted();
  const records: Record<string, FileRecord> = {};
  for (const name of names) {
    const file = join(dir, name);
    const { size, mtimeMs } = await onDisk(file, () => stat(file));
    records[name] = { size, sha256: await hashFile(file), modified: mtimeMs };
  }
  return records;
}

/** Says whether two outcomes of a stage are the same. */
export function fingerprintOf(output: unknown, files: FileRecords): string {
  const parts = Object.entries(files)
    .filter(([name]) => !notOutcome.test(name))
    .map(([name, { size, sha256: content }]) => `${name} ${size} ${content}`);
  return sha256([JSON.stringify(output), ...parts.toSorted()].join('\n'));
}

const chunkBytes = 4 * 1024 * 1024;
const leastBytes = 4096;

/** sha256 of a file of any size, in hex. */
export async function hashFile(file: string): Promise<string> {
  try {
    const hash = createHash('sha256');
    await using handle = await open(file, 'r');
    // Most are small: megabytes for each of a folder of images would be most of the work.
    const { size } = await handle.stat();
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(size, leastBytes)));
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, bytesRead));
    }
  } catch (error) {
    throw diskError(error, file);
  }
}

/** By path: size, times and inode of a file when it was hashed, and the hash. */
export type KnownContents = Map<string, string>;

/** The same, but a file that has not changed since it was hashed is not read again. */
export async function contentOf(file: string, known: KnownContents): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await onDisk(file, () => stat(file, { bigint: true }));
  const state = `${size} ${mtimeNs} ${ctimeNs} ${ino} `;
  const cached = known.get(file);
  if (cached?.startsWith(state) === true) return cached.slice(state.length);
  const content = await hashFile(file);
  known.set(file, `${state}${content}`);
  return content;
}

/** Smaller files are always read: that costs less than to wonder. */
const readUpTo = 16 * 1024 * 1024;

export interface OutputChecks {
  /**
   * What is wrong with a finished stage, in words that name the file; null where nothing is. Large files whose size and
   * time are as they were are not read here: `read` does it, where they are used.
   */
  look(dir: string, files: FileRecords): Promise<string | null>;
  /** Reads every file at or below `within` (of the folder), as long as it has not changed since it was last read. */
  read(dir: string, files: FileRecords, within?: string): Promise<string | null>;
}

/** For one attempt: what it has read once and what has not changed since is not read again. */
export function openOutputChecks(): OutputChecks {
  const known: KnownContents = new Map();
  const problem = async (dir: string, name: string, record: FileRecord, always: boolean): Promise<string | null> => {
    const file = join(dir, name);
    const found = await stat(file).catch(() => null);
    if (found === null) return `${file} is missing`;
    if (!found.isFile()) return `${file} is no file any more`;
    if (found.size !== record.size) return `${file} has ${found.size} bytes instead of ${record.size}`;
    if (!always && found.size > readUpTo && found.mtimeMs === record.modified) return null;
    return (await contentOf(file, known)) === record.sha256 ? null : `the content of ${file} is not what was written`;
  };
  const first = async (dir: string, files: FileRecords, always: boolean, within = ''): Promise<string | null> => {
    for (const [name, record] of Object.entries(files)) {
      if (within !== '' && name !== within && !name.startsWith(`${within}/`)) continue;
      const found = await problem(dir, name, record, always);
      if (found !== null) return found;
    }
    return null;
  };
  return {
    look: (dir, files) => first(dir, files, false),
    read: (dir, files, within) => first(dir, files, true, within),
  };
}
