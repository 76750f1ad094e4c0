/** Small things that importers and the other makers of dataset folders share. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { makeFolder, makePrivateFolder, onDisk, unmadeFolders } from '../../disk.js';
import { DataError } from '../../errors.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { readJsonl } from '../tables/table.js';

/** Makes the folder; refuses one that holds anything, since old and new rows must not mix. */
async function expectEmpty(dir: string, remedy: string, readers: Readers): Promise<void> {
  if (readers === 'user') makePrivateFolder(dir);
  else makeFolder(dir);
  const names = await onDisk(dir, () => readdir(dir));
  if (names.length === 0) return;
  throw new DataError('folder-not-empty', `${dir} is not empty.`, {
    where: dir,
    remedy,
  });
}

/** Data sets may hold patients' images and are their user's alone; what is exported is meant for others. */
type Readers = 'user' | 'umask';

/** What a dataset folder holds, whole or begun. */
const ownNames =
  /^(?:samples\.parquet|images\.parquet|images|rejected\.jsonl|import\.json|sources\.jsonl|\.import|\.texts)(?:\..*\.tmp)?$/;

/**
 * Makes a folder and fills it; where that fails, nothing is left of it that would stand in the way of the next try.
 * @param force An earlier dataset folder of this name goes first; a folder that holds anything else is never touched. Null
 * where the command has no such option.
 */
export async function withNewFolder<T>(
  dir: string,
  force: boolean | null,
  work: () => Promise<T>,
  readers: Readers = 'user',
): Promise<T> {
  const there = existsSync(dir);
  const unmake = unmadeFolders(dir);
  if (there && force === true && (await isOurs(dir))) await removeInside(dir);
  const over = force === null ? '' : ', or --force to write over an earlier import';
  await expectEmpty(dir, `Give a new or an empty folder with --out${over}.`, readers);
  try {
    return await work();
  } catch (error) {
    if (there) await removeInside(dir);
    else await rm(dir, { recursive: true, force: true });
    unmake();
    throw error;
  }
}

/** A person's own folder of images may be called `images` too: pictures of ours have a hash for a name. */
async function isOurs(dir: string): Promise<boolean> {
  const names = await readdir(dir);
  const pictures = names.includes('images') ? await readdir(join(dir, 'images')) : [];
  return names.every((name) => ownNames.test(name)) && pictures.every((name) => /^[0-9a-f]{24}\./.test(name));
}

async function removeInside(dir: string): Promise<void> {
  for (const name of await readdir(dir)) await rm(join(dir, name), { recursive: true, force: true });
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

/** A folder beside the new one that is there while `work` runs, and only where that makes it. */
export async function withFolderBeside<T>(dir: string, work: (beside: string) => Promise<T>): Promise<T> {
  const beside = join(dirname(dir), `.${basename(dir)}.import`);
  const unmake = unmadeFolders(beside);
  try {
    return await work(beside);
  } finally {
    await rm(beside, { recursive: true, force: true });
    unmake();
  }
}

const rejectionSchema = z.strictObject({ file: z.string(), line: z.null(), code: z.string(), reason: z.string() });

/** What a job of Python left out: files that cannot be used, and those beside them that nobody takes for pictures. */
export async function readLeft(
  folder: string,
): Promise<{ rejected: Rejection[]; beside: { name: string; why: string }[] }> {
  const all = (await readJsonl(join(folder, 'rejected.jsonl'))).map((row): Rejection => rejectionSchema.parse(row));
  const [beside = [], rejected = []] = [true, false].map((is) => all.filter(({ code }) => (code === leftOut) === is));
  return { rejected, beside: beside.map(({ file, reason }) => ({ name: file, why: reason })) };
}

/** Python's word for the latter. */
const leftOut = 'left-out';
