/**
 * One writer per file: a lock file beside it that names the holder, and that the holder keeps fresh. A lock whose holder is
 * dead is taken over. A holder that cannot be looked up (another container, a cluster node) is dead when its lock has not
 * been freshened for a while, by the clock of the file system alone and while we watch. A lock that came along with a copy of its
 * folder is nobody's. A holder that was frozen meanwhile finds out by `confirm`, which is to be called before each write, and by `lost`.
 */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { diskError, privateFile } from '../disk.js';
import { DataError } from '../errors.js';
import { isCopy, lockSchema } from './copied-lock.js';
import { cannotLock, lockedError } from './lock-errors.js';
import { canLookUp, identityOf, isAlive, type ProcessIdentity } from './process-identity.js';
import { jsonOrNull } from '../json-text.js';

export interface FileLock extends Disposable {
  /** @throws DataError `lock-lost` where the lock is another's by now: nothing more may be written. */
  confirm(): void;
  /** Aborts when the lock is found to be another's; looked at every two seconds. Its reason is the error. */
  readonly lost: AbortSignal;
  release(): void;
}

/** Between two freshenings of a held lock, and until a lock without one counts as left behind. */
const freshenEveryMs = 2_000;
const leaseMs = 30_000;
/** Time that a lock which looks left behind is watched for: its holder may live by another clock. */
const watchMs = 3 * freshenEveryMs;
/** After a lock was taken from a holder that could not be looked up: what it was writing just then is through. */
const settleMs = 500;

/** @throws DataError `file-locked` when another living process holds it. */
export function lockFile(file: string): FileLock {
  const path = `${file}.lock`;
  const own = `${path}.${randomUUID()}`;
  const content = JSON.stringify({ ...identityOf(process.pid), token: own });
  try {
    writeFileSync(own, content, { mode: privateFile });
    acquire(path, own, file);
    return held(path, content, file);
  } catch (thrown) {
    throw thrown instanceof DataError ? thrown : cannotLock(file, thrown);
  } finally {
    for (const left of [own, `${own}.new`]) rmSync(left, { force: true });
  }
}

/** The living holder of the lock of a file; null where nobody holds it. */
export function lockHolder(file: string): ProcessIdentity | null {
  const found = readHolder(`${file}.lock`, Date.now());
  return found === null || found.stale ? null : found.holder;
}

/** Locks that this process has given up and could not remove. */
const abandoned = new Set<string>();

function held(path: string, content: string, file: string): FileLock {
  const lost = new AbortController();
  const confirm = (): void => {
    if (contentOf(path) === content) return;
    const error = new DataError('lock-lost', `another process has taken over ${file} while this one stood still.`, {
      where: path,
      remedy: 'Nothing more was written here. Follow the other process, or stop it and give the command again.',
    });
    lost.abort(error);
    throw error;
  };
  const timer = setInterval(() => {
    try {
      confirm();
      freshen(path, content);
    } catch {
      // Whoever writes next is told, and whoever listens to `lost`. A disk that fails is found by them too.
    }
  }, freshenEveryMs);
  timer.unref();
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    clearInterval(timer);
    try {
      if (contentOf(path) === content) rmSync(path, { force: true });
    } catch {
      // On a disk that fails it stays, and can be taken over, by this process too.
      abandoned.add(content);
    }
  };
  return { confirm, lost: lost.signal, release, [Symbol.dispose]: release };
}

/** Writes and does not stamp: the time is then the file system's, and no holder's own. */
function freshen(path: string, content: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    // What was opened, and not what lies there by now.
    if (readFileSync(descriptor, 'utf8') === content) writeSync(descriptor, content, 0);
  } finally {
    closeSync(descriptor);
  }
}

function acquire(path: string, own: string, file: string): void {
  for (let tries = 0; tries < 20; tries++) {
    try {
      appear(own, path);
      return;
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown;
    }
    const found = readHolder(path, fileSystemNow(own));
    if (found === null) continue;
    if (!found.stale || (found.watched && isFreshened(path, found))) throw lockedError(file, path, found.holder);
    if (!takeOver(path, own, found)) continue;
    if (found.watched) sleep(settleMs);
    return;
  }
  throw lockedError(file, path, null);
}

/**
 * Puts our lock in the place of one that was left behind, in one step, unless somebody else has done so. One at a time: of
 * two that find the same lock stale, the second must not replace the lock of the first.
 */
function takeOver(path: string, own: string, { content, freshened }: Found): boolean {
  const turn = `${path}.takeover`;
  try {
    writeFileSync(turn, '', { flag: 'wx', mode: privateFile });
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
    const since = statSync(turn, { throwIfNoEntry: false })?.mtimeMs;
    // A turn takes milliseconds: whoever began that one was killed within it.
    if (since !== undefined && fileSystemNow(own) - since > leaseMs) rmSync(turn, { force: true });
    sleep(20);
    return false;
  }
  try {
    const now = statSync(path, { throwIfNoEntry: false });
    if (now?.mtimeMs !== freshened || contentOf(path) !== content) return false;
    writeFileSync(`${own}.new`, readFileSync(own), { mode: privateFile });
    renameSync(`${own}.new`, path);
    return true;
  } finally {
    rmSync(turn, { force: true });
  }
}

/** A link makes the lock and its content appear at once, and fails where there is one. exFAT and SMB have no links. */
function appear(own: string, path: string): void {
  try {
    linkSync(own, path);
  } catch (thrown) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(thrown) ?? '')) throw thrown;
    writeFileSync(path, readFileSync(own), { flag: 'wx', mode: privateFile });
  }
}

interface Found {
  content: string;
  /** Of the last freshening, by the file system's clock. */
  freshened: number;
  holder: ProcessIdentity | null;
  stale: boolean;
  /** Whether that was told by time, and not by looking the holder up. */
  watched: boolean;
}

function readHolder(path: string, now: number): Found | null {
  try {
    const content = readFileSync(path, 'utf8');
    const freshened = statSync(path).mtimeMs;
    const parsed = lockSchema.safeParse(jsonOrNull(content));
    const old = now - freshened > leaseMs;
    // Either it is just being written or it is damage: left alone while it is young.
    if (!parsed.success) return { content, freshened, holder: null, stale: old, watched: true };
    const { token, ...holder } = parsed.data;
    if (!canLookUp(holder)) return { content, freshened, holder, stale: old, watched: true };
    const copied = token !== undefined && isCopy(path, token);
    const stale = abandoned.has(content) || !isAlive(holder) || copied;
    return { content, freshened, holder, stale, watched: false };
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw diskError(thrown, path);
  }
}

/** Whether the holder of a lock that looks left behind freshens it after all. Blocks: nothing else is to be done yet. */
function isFreshened(path: string, { content, freshened }: Found): boolean {
  for (let waited = 0; waited < watchMs; waited += 200) {
    sleep(200);
    const now = statSync(path, { throwIfNoEntry: false });
    if (now === undefined || now.mtimeMs !== freshened) return now !== undefined && contentOf(path) === content;
  }
  return false;
}

/** The clock that stamps files there, as it stamps one that is written now. */
function fileSystemNow(own: string): number {
  writeFileSync(own, readFileSync(own));
  return statSync(own).mtimeMs;
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw diskError(thrown, path);
  }
}

const sleep = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code;
}
