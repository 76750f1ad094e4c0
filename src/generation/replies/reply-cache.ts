/**
 * Every reply a provider ever gave, raw, in one append-only JSONL file: what was paid for once is never asked again.
 * The index in memory holds a place in the file for each key, not the reply: some 13 bytes, and beyond a hundred thousand a file.
 *
 * A reply counts as answered once its line is written, so it survives the death of this process at any moment. The
 * file is synced to the disk at most once a second and on close: only a power cut can lose replies, one second of them.
 * A sync for each reply would cap a run at about 100 replies a second on common disks.
 */
import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataError, messageOf } from '../../errors.js';
import type { ProviderReply } from '../../providers/provider.js';
import { createKeyTable, type KeyTable } from './key-table.js';
import { addToTotals, indexLines, lineAt, sealed, type CacheLine, type CacheTotals } from './reply-cache-lines.js';
import { lockFile, type FileLock } from '../../locks/file-lock.js';

export interface CachedReply extends ProviderReply {
  key: string;
  /** Who answered, so that the file alone tells what was sent where. */
  provider: string;
  model: string;
  imageHash: string;
  promptHash: string;
}

export interface ReplyCache extends Disposable {
  readonly path: string;
  /** Number of replies held. */
  readonly size: number;
  /** Lines that are not what was once written, found so far: their requests are asked again where they are needed. */
  readonly damagedLines: number;
  /** What the replies held were worth in tokens, by `provider/model`; over all runs that wrote this file. */
  readonly totals: ReadonlyMap<string, CacheTotals>;
  has(key: string): boolean;
  get(key: string): CachedReply | undefined;
  /** Returns when the line is written. The first reply of a key stays. */
  put(reply: CachedReply): void;
  /** Returns when all lines have reached the disk. */
  sync(): void;
  close(): void;
}

const syncEveryMs = 1_000;

/**
 * Opens or creates the cache; the caller is its only writer until `close()`.
 * @throws DataError `file-locked` when another process writes it, `cache-unreadable` when it cannot be opened.
 */
export function openReplyCache(path: string): ReplyCache {
  let lock: FileLock | null = null;
  let descriptor: number | null = null;
  const places = createKeyTable(`${path}.places`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    lock = lockFile(path);
    descriptor = openSync(path, 'a+');
    const index = indexLines(descriptor, path, places);
    ftruncateSync(descriptor, index.end);
    if (index.isOpen) {
      index.end += append(descriptor, '\n', index.end, path);
    }
    return createCache({ path, descriptor, lock, ...index });
  } catch (cause) {
    places[Symbol.dispose]();
    if (descriptor !== null) closeSync(descriptor);
    lock?.release();
    if (cause instanceof DataError) throw cause;
    throw new DataError('cache-unreadable', `The reply cache cannot be opened: ${messageOf(cause)}`, {
      remedy: 'Check that the file and its folder can be read and written.',
      where: path,
      cause,
    });
  }
}

interface Opened {
  path: string;
  descriptor: number;
  lock: FileLock;
  places: KeyTable;
  totals: Map<string, CacheTotals>;
  end: number;
  damagedLines: number;
}

function createCache({ path, descriptor, lock, places, totals, end, damagedLines }: Opened): ReplyCache {
  let damaged = damagedLines;
  let closed = false;
  let syncTimer: NodeJS.Timeout | null = null;

  const syncSoon = (): void => {
    syncTimer ??= setTimeout(() => {
      syncTimer = null;
      if (closed) return;
      // A failed sync is no reason to stop: the lines are written, and close() syncs again and reports.
      fdatasync(descriptor, () => undefined);
    }, syncEveryMs).unref();
  };
  const requireOpen = (): void => {
    if (closed) throw new DataError('cache-closed', 'The reply cache is closed.', { where: path });
  };

  const get = (key: string): CachedReply | undefined => {
    requireOpen();
    const found: { line: CacheLine | null } = { line: null };
    const offset = places.find(key, (place) => {
      found.line = lineAt(descriptor, place, path);
      return found.line === null || found.line.key === key;
    });
    if (offset === undefined) return undefined;
    if (found.line === null) {
      // Damaged since it was opened.
      damaged += 1;
      places.delete(key, (place) => place === offset);
      return get(key);
    }
    const { v: _version, at: _at, ...reply } = found.line;
    return reply;
  };
  const put = (reply: CachedReply): void => {
    requireOpen();
    if (get(reply.key) !== undefined) return;
    const line = `${sealed({ at: new Date().toISOString(), ...reply })}\n`;
    const place = end;
    // The line counts from here on, whatever becomes of its place.
    end += append(descriptor, line, place, path);
    places.add(reply.key, place);
    addToTotals(totals, reply);
    syncSoon();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    if (syncTimer !== null) clearTimeout(syncTimer);
    try {
      fdatasyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      lock.release();
      places[Symbol.dispose]();
    }
  };
  return {
    path,
    totals,
    get damagedLines() {
      return damaged;
    },
    get size() {
      return places.size;
    },
    has: (key) => get(key) !== undefined,
    get,
    put,
    sync: () => {
      requireOpen();
      fdatasyncSync(descriptor);
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Writes all of it or nothing: half a line in the middle of the file would take the next reply with it. Returns its bytes. */
function append(descriptor: number, text: string, end: number, path: string): number {
  try {
    const length = Buffer.byteLength(text);
    const written = writeSync(descriptor, text);
    // A string cannot be written from its middle on.
    if (written < length)
      for (let rest = Buffer.from(text).subarray(written); rest.length > 0;)
        rest = rest.subarray(writeSync(descriptor, rest));
    return length;
  } catch (cause) {
    ftruncateSync(descriptor, end);
    throw new DataError('cache-not-written', `A reply could not be written to the cache: ${messageOf(cause)}`, {
      remedy: 'Make room on the disk, then run the same command again; what was written is kept.',
      where: path,
      cause,
    });
  }
}
