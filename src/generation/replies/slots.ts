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
/** Slots that are read at once: a search seldom goes further. */
const readAhead = 32;

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
  const seen = { from: 0, bytes: Buffer.alloc(readAhead * width) };
  let known = 0;
  /** Where the slot stands among the bytes that were read. */
  const at = (slot: number): number => {
    if (slot < seen.from || slot >= seen.from + known) {
      seen.bytes.fill(0);
      onDisk(path, () => readSync(file, seen.bytes, 0, seen.bytes.length, slot * width));
      [seen.from, known] = [slot, readAhead];
    }
    return (slot - seen.from) * width;
  };
  return {
    count,
    printAt: (slot) => seen.bytes.readUInt32LE(at(slot)),
    contentAt: (slot) => seen.bytes.readUIntLE(at(slot) + printBytes, contentBytes),
    write: (slot, print, content) => {
      const place = at(slot);
      seen.bytes.writeUInt32LE(print, place);
      seen.bytes.writeUIntLE(content, place + printBytes, contentBytes);
      onDisk(path, () => {
        for (let done = 0; done < width;)
          done += writeSync(file, seen.bytes, place + done, width - done, slot * width + done);
      });
    },
    [Symbol.dispose]: () => {
      closeSync(file);
      if (!isGone) remove();
    },
  };
}
