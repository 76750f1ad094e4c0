/**
 * One writer per file: a lock file beside it that names the holder. A lock whose holder is dead is taken over.
 * A holder on another host (a container, a cluster node) cannot be looked up; an untouched lock tells that it is dead.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DataError } from '../errors.js';
import { identityOf, isAlive, processIdentitySchema, type ProcessIdentity } from './process-identity.js';

export interface FileLock extends Disposable {
  release(): void;
}

/** Between two touches of a held lock, and until an untouched lock of another host counts as left behind. */
const touchEveryMs = 5_000;
const foreignStaleAfterMs = 30_000;

/** @throws DataError `file-locked` when another living process holds it. */
export function lockFile(file: string): FileLock {
  const path = `${file}.lock`;
  const own = `${path}.${randomUUID()}`;
  writeFileSync(own, JSON.stringify(identityOf(process.pid)));
  try {
    acquire(path, own, file);
  } finally {
    unlinkSync(own);
  }
  const { ino } = statSync(path);
  const isOurs = (): boolean => statSync(path, { throwIfNoEntry: false })?.ino === ino;
  const timer = setInterval(() => {
    if (!isOurs()) return;
    const now = new Date();
    utimesSync(path, now, now);
  }, touchEveryMs);
  timer.unref();
  const release = (): void => {
    clearInterval(timer);
    if (isOurs()) rmSync(path, { force: true });
  };
  return { release, [Symbol.dispose]: release };
}

/** The living holder of the lock of a file; null where nobody holds it. */
export function lockHolder(file: string): ProcessIdentity | null {
  const held = readHolder(`${file}.lock`);
  return held === null || held.stale ? null : held.holder;
}

function acquire(path: string, own: string, file: string): void {
  for (let tries = 0; tries < 3; tries++) {
    try {
      appear(own, path);
      return;
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw cannotLock(file, thrown);
    }
    const held = readHolder(path);
    if (held === null) continue;
    if (!held.stale) throw lockedError(file, path, held.holder);
    setAside(path, `${own}.stale`, held.content);
  }
  throw lockedError(file, path, null);
}

/** A link makes the lock and its content appear at once, and fails where there is one. exFAT and SMB have no links. */
function appear(own: string, path: string): void {
  try {
    linkSync(own, path);
  } catch (thrown) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(thrown) ?? '')) throw thrown;
    writeFileSync(path, readFileSync(own), { flag: 'wx' });
  }
}

interface Held {
  content: string;
  holder: ProcessIdentity | null;
  stale: boolean;
}

function readHolder(path: string): Held | null {
  try {
    const content = readFileSync(path, 'utf8');
    const parsed = processIdentitySchema.safeParse(parseJson(content));
    const untouchedMs = Date.now() - statSync(path).mtimeMs;
    // Either it is just being written or it is damage: left alone while it is young.
    if (!parsed.success) return { content, holder: null, stale: untouchedMs > foreignStaleAfterMs };
    const holder = parsed.data;
    const stale = holder.host === hostname() ? !isAlive(holder) : untouchedMs > foreignStaleAfterMs;
    return { content, holder, stale };
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

/** Two processes may both find a lock stale: the second must not remove the lock that the first has just made. */
function setAside(path: string, aside: string, staleContent: string): void {
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  try {
    if (readFileSync(aside, 'utf8') !== staleContent) appear(aside, path);
  } finally {
    unlinkSync(aside);
  }
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function lockedError(file: string, path: string, holder: ProcessIdentity | null): DataError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new DataError('file-locked', `${file} is being written by ${who}.`, {
    remedy: `Wait for it or stop it; if it is surely gone, delete ${path}.`,
    where: path,
  });
}

function cannotLock(file: string, cause: unknown): DataError {
  return new DataError('file-not-lockable', `No lock file can be made beside ${file}.`, {
    remedy: 'Check that the folder exists and is writable.',
    where: file,
    cause,
  });
}
