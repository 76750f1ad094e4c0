/** Numbered places for a print and a content each, in memory or in a file that goes with its process. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { onDisk, privateFile } from '../../disk.js';

/** What was never written is 0. */
export interface Slots extends Disposable {
  readonly count: number;
  printAt(slot: number): number;
  contentAt(slot: number): number;
  /** @param print Below 2^32. @param content Below 2^48. */
  write(slot: number, print: number, content: number): void;
}

/** 10 bytes each. */
export function memorySlots(count: number): Slots {
  const prints = new Uint32Array(count);
  const low = new Uint32Array(count);
  const high = new Uint16Array(count);
  return {
    count,
    printAt: (slot) => prints[slot] ?? 0,
    contentAt: (slot) => (low[slot] ?? 0) + 2 ** 32 * (high[slot] ?? 0),
    write: (slot, print, content) => {
      prints[slot] = print;
      low[slot] = content; // modulo 2^32
      high[slot] = Math.floor(content / 2 ** 32);
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** Bytes of a slot: its print, then its content. */
const [printBytes, contentBytes] = [4, 6];
const width = printBytes + contentBytes;
/** Slots that are held: a search seldom goes further, and what is written to neighbours goes out together. */
const held = 256;

/** @param path Gone from its folder at once where the system lets an open file go, else at the end. */
export function fileSlots(count: number, path: string): Slots {
  const file = onDisk(path, () => openSync(path, 'w+', privateFile));
  const remove = (): boolean => {
    try {
      rmSync(path, { force: true });
      return true;
    } catch {
      return false;
    }
  };
  const isGone = remove();
  const bytes = Buffer.alloc(held * width);
  /** The slots that are held, and what of them is not in the file yet; bytes from the start of these. */
  let [from, known] = [0, 0];
  let [dirtyFrom, dirtyTo] = [0, 0];
  let isClosed = false;
  const flush = (): void => {
    onDisk(path, () => {
      while (dirtyFrom < dirtyTo)
        dirtyFrom += writeSync(file, bytes, dirtyFrom, dirtyTo - dirtyFrom, from * width + dirtyFrom);
    });
    [dirtyFrom, dirtyTo] = [0, 0];
  };
  /** Where the slot stands among the bytes that are held. */
  const at = (slot: number): number => {
    // The number of a closed file is soon another's.
    if (isClosed) throw new Error('These slots are closed.');
    if (slot < from || slot >= from + known) {
      flush();
      known = 0;
      bytes.fill(0);
      onDisk(path, () => readSync(file, bytes, 0, bytes.length, slot * width));
      [from, known] = [slot, held];
    }
    return (slot - from) * width;
  };
  return {
    count,
    printAt: (slot) => bytes.readUInt32LE(at(slot)),
    contentAt: (slot) => bytes.readUIntLE(at(slot) + printBytes, contentBytes),
    write: (slot, print, content) => {
      const place = at(slot);
      bytes.writeUInt32LE(print, place);
      bytes.writeUIntLE(content, place + printBytes, contentBytes);
      [dirtyFrom, dirtyTo] =
        dirtyTo === 0 ? [place, place + width] : [Math.min(dirtyFrom, place), Math.max(dirtyTo, place + width)];
    },
    [Symbol.dispose]: () => {
      if (isClosed) return;
      isClosed = true;
      closeSync(file);
      if (!isGone) remove();
    },
  };
}
