/** What is said where a lock cannot be had. */
import { diskError } from '../disk.js';
import { DataError } from '../errors.js';
import type { ProcessIdentity } from './process-identity.js';

/** @param path Of the lock. @param holder Null where it cannot be read. */
export function lockedError(file: string, path: string, holder: ProcessIdentity | null): DataError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new DataError('file-locked', `${file} is being written by ${who}.`, {
    remedy: `Wait for it or stop it; if it is surely gone, delete ${path}.`,
    where: path,
  });
}

/** Whatever the disk says of it. */
export function cannotLock(file: string, cause: unknown): unknown {
  const known = diskError(cause, `${file}.lock`);
  if (known instanceof DataError) return known;
  return new DataError('file-not-lockable', `No lock file can be made beside ${file}.`, {
    remedy: 'Check that the folder exists and is writable.',
    where: file,
    cause,
  });
}
