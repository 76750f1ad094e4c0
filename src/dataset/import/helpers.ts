/** Small things that importers and the other makers of dataset folders share. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { makePrivateFolder, onDisk } from '../../disk.js';
import { DataError } from '../../errors.js';

/**
 * Makes the folder; refuses one that holds anything, since old and new rows must not mix.
 * @param readers Data sets may hold patients' images and are their user's alone; what is exported is meant for others.
 */
export async function expectEmpty(dir: string, readers: 'user' | 'umask' = 'user'): Promise<void> {
  if (readers === 'user') makePrivateFolder(dir);
  else await onDisk(dir, () => mkdir(dir, { recursive: true }));
  const names = await onDisk(dir, () => readdir(dir));
  if (names.length === 0) return;
  throw new DataError('folder-not-empty', `${dir} is not empty.`, {
    where: dir,
    remedy: 'Give a new or an empty folder with --out.',
  });
}

/** At most this many at once: decoding an image holds all its pixels. */
const atOnce = 8;

/** Applies `work` to all items, a few at a time; results in the order of the items. */
export async function mapInOrder<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  onProgress?: (done: number, total: number) => void,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    const part = await Promise.all(items.slice(start, start + atOnce).map(work));
    for (const result of part) results.push(result);
    onProgress?.(results.length, items.length);
  }
  return results;
}

/** A folder that is there while `work` runs. */
export async function withTemporary<T>(dir: string, work: (dir: string) => Promise<T>): Promise<T> {
  makePrivateFolder(dir);
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
