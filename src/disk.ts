/**
 * Failures of the disk in words: which file, what is wrong with its place, what to do; and the rights of what is made for
 * a run, since it may hold patients' images. Everything that writes or reads files of a run goes through `onDisk`.
 */
import { createReadStream, existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataError, Medgr2Error, type ErrorCode } from './errors.js';

/** Of folders and files that medgr2 makes for its own use: nobody else on the machine need read them. */
export const privateFolder = 0o700;
export const privateFile = 0o600;

interface Trouble {
  code: ErrorCode;
  /** What is wrong, after the file's name. */
  words: string;
  remedy: string;
}

const goOn = 'then give the same command again: what is finished stays.';
const full: Trouble = {
  code: 'disk-full',
  words: 'there is no space left for it',
  remedy: `Free some space on that disk, or raise the quota, ${goOn}`,
};
const denied: Trouble = {
  code: 'not-permitted',
  words: 'this user has no right to it',
  remedy: `Give this user the right to read and write there, ${goOn}`,
};
const inTheWay: Trouble = {
  code: 'path-in-the-way',
  words: 'something of another kind lies in its place (a folder for a file, or a file for a folder)',
  remedy: `Look at what lies there and move it away, ${goOn}`,
};
const tooLarge: Trouble = {
  code: 'file-too-large',
  words: 'it is larger than anything that medgr2 writes there',
  remedy: 'It is not what it should be: restore it, or move it away.',
};
const tooMany: Trouble = {
  code: 'too-many-files',
  words: 'too many files are open',
  remedy: `Raise the limit (ulimit -n), ${goOn}`,
};

const troubles: Readonly<Record<string, Trouble>> = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EROFS: {
    code: 'disk-read-only',
    words: 'the file system is read-only',
    remedy: `Make it writable, or give a folder on another one, ${goOn}`,
  },
  EACCES: denied,
  EPERM: denied,
  EISDIR: inTheWay,
  ENOTDIR: inTheWay,
  EEXIST: inTheWay,
  ENOTEMPTY: inTheWay,
  ELOOP: {
    code: 'link-in-a-circle',
    words: 'symbolic links there lead round in a circle',
    remedy: `Remove them, ${goOn}`,
  },
  ENOENT: {
    code: 'file-missing',
    words: 'it is not there',
    remedy: 'Restore it, or check the path.',
  },
  ENAMETOOLONG: {
    code: 'path-invalid',
    words: 'the path is too long',
    remedy: 'Give a folder with a shorter path.',
  },
  ERR_INVALID_ARG_VALUE: {
    code: 'path-invalid',
    words: 'that is no path',
    remedy: 'Check the path for characters that cannot be seen.',
  },
  EIO: {
    code: 'disk-failed',
    words: 'the disk reports an error',
    remedy: `Check the disk, ${goOn}`,
  },
  ESTALE: {
    code: 'disk-failed',
    words: 'the network file system has lost it',
    remedy: `Mount it again, ${goOn}`,
  },
  EMFILE: tooMany,
  ENFILE: tooMany,
  ERR_STRING_TOO_LONG: tooLarge,
  ERR_FS_FILE_TOO_LARGE: tooLarge,
};

/** A failure of the system at a file as a DataError that names it; whatever else was thrown as it is. */
export function diskError(thrown: unknown, file?: string): unknown {
  if (thrown instanceof Medgr2Error || !(thrown instanceof Error)) return thrown;
  const { code = '', path } = thrown as NodeJS.ErrnoException;
  const trouble = troubles[code];
  if (trouble === undefined) return thrown;
  // What the system names is nearer than what the caller worked at.
  const where = path ?? file;
  return new DataError(trouble.code, `${where ?? 'a file'} cannot be used: ${trouble.words}`, {
    cause: thrown,
    where,
    remedy: trouble.remedy,
  });
}

/** Does something with a file; what fails of the disk comes as a DataError that names it. */
export function onDisk<T>(file: string, work: () => T): T {
  try {
    const done = work();
    if (!(done instanceof Promise)) return done;
    return done.catch((error: unknown) => {
      throw diskError(error, file);
    }) as T;
  } catch (error) {
    throw diskError(error, file);
  }
}

/**
 * Call before making a folder: what comes back removes the empty folders at and above it that were not there then.
 * Others may have put something in them meanwhile; that stays.
 */
export function unmadeFolders(dir: string): () => void {
  const missing: string[] = [];
  for (let at = resolve(dir); !existsSync(at); at = dirname(at)) missing.push(at);
  return () => {
    try {
      for (const folder of missing) if (existsSync(folder)) rmdirSync(folder);
    } catch {
      // Not empty: neither are those above.
    }
  };
}

/** Makes a folder of our own, with those above it that are missing. */
export const makePrivateFolder = (dir: string): void => makeFolder(dir, privateFolder);

/** Makes a folder, with those above it that are missing, and says what is wrong where that cannot be. */
export function makeFolder(dir: string, mode?: number): void {
  onDisk(dir, () => {
    try {
      mkdirSync(dir, { recursive: true, mode });
    } catch (error) {
      // On a read-only disk Node says that the folder is missing.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') mkdirSync(dir, { mode });
      throw error;
    }
  });
}

/** Most letters of a line: room for a sample with its images, and far from what a string can hold. */
const longestLine = 2 ** 26;

/** The lines of a text in UTF-8 without their ends and without a byte-order mark, one after the other: a file may be longer than the longest string. */
export async function* linesOfText(path: string): AsyncGenerator<string, void> {
  // Of the line that has not ended yet: put together once, or a long line would be copied for each piece.
  let begun: string[] = [];
  let letters = 0;
  let isFirst = true;
  for await (const piece of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (isFirst ? String(piece).replace(/^\ufeff/, '') : String(piece)).split('\n');
    isFirst = false;
    const rest = lines.pop() ?? '';
    if (lines.length > 0) {
      yield begun.join('') + (lines[0] ?? '');
      yield* lines.slice(1);
      [begun, letters] = [[], 0];
    }
    begun.push(rest);
    letters += rest.length;
    if (letters > longestLine)
      throw new RangeError(`a line has more than ${longestLine} letters: the file is no list of lines`);
  }
  if (letters > 0) yield begun.join('');
}
