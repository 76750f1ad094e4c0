/**
 * Content addresses and a number for each: some 13 bytes an address in memory, where a Map of strings takes ten times as much,
 * and beyond a hundred thousand of them in a file, so that what a generation holds does not grow with its requests. An
 * address is told by the first bits of its sha256; where two agree in these, whoever asks says whether a number is that of
 * the address.
 */
import { createHash } from 'node:crypto';
import { fileSlots, memorySlots, type Slots } from './slots.js';

export interface KeyTable extends Disposable {
  readonly size: number;
  /** The number of an address; undefined where it has none. @param isOf Whether a number that may be its own is. */
  find(key: string, isOf: (value: number) => boolean): number | undefined;
  /** For an address that has no number yet. @param value Whole, from 0, below 2^48 − 2. */
  add(key: string, value: number): void;
  delete(key: string, isOf: (value: number) => boolean): void;
}

/** In memory each part grows by itself, so that never much more is held than is used. */
const parts = 256;
const firstSlots = 8;
const inMemory = { growth: 1.25, fullest: 0.85 } as const;
/** To grow a file is slow, room in it is cheap, and a long search is more reads. */
const inFile = { growth: 2, fullest: 0.6 } as const;
const mostInMemory = 100_000;
/** A slot holds its number two higher than these. */
const [free, gone, first] = [0, 1, 2];

/** @param path Of the file for what is too much for memory. */
export function createKeyTable(path: string, { inMemory: most = mostInMemory } = {}): KeyTable {
  /** Many in memory, or one in a file. */
  let table = Array.from({ length: parts }, () => createPart(memorySlots(firstSlots)));
  let size = 0;
  let files = 0;
  const nextFile = (count: number): Slots => fileSlots(count, `${path}.${files++}`);
  const placeOf = (key: string): { at: number; print: number } => {
    // What is a sha256 already is not hashed again.
    const hex = /^[0-9a-f]{64}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
    return { at: parseInt(hex.slice(0, 2), 16) % table.length, print: parseInt(hex.slice(2, 10), 16) };
  };
  const slotOf = (key: string, isOf: (value: number) => boolean): { part: Part | undefined; slot: number } => {
    const { at, print } = placeOf(key);
    const part = table[at];
    return { part, slot: part?.find(print, (content) => content !== gone && isOf(content - first)) ?? -1 };
  };
  return {
    get size() {
      return size;
    },
    find: (key, isOf) => {
      const { part, slot } = slotOf(key, isOf);
      return part === undefined || slot === -1 ? undefined : part.slots.contentAt(slot) - first;
    },
    add: (key, value) => {
      const { at, print } = placeOf(key);
      const part = table[at];
      if (part === undefined) return;
      part.put(print, value + first);
      size++;
      const isInFile = table.length === 1;
      const { growth, fullest } = isInFile ? inFile : inMemory;
      const count = Math.ceil(part.slots.count * growth);
      if (!isInFile && size > most) table = [joined(table, nextFile(Math.ceil(size / inFile.fullest) * inFile.growth))];
      else if (part.used > fullest * part.slots.count)
        table[at] = joined([part], isInFile ? nextFile(count) : memorySlots(count));
    },
    delete: (key, isOf) => {
      const { part, slot } = slotOf(key, isOf);
      if (part === undefined || slot === -1) return;
      // The slot stays taken, so that what lies behind it is still found.
      part.slots.write(slot, part.slots.printAt(slot), gone);
      size--;
    },
    [Symbol.dispose]: () => table.forEach(({ slots }) => slots[Symbol.dispose]()),
  };
}

type Part = ReturnType<typeof createPart>;

function createPart(slots: Slots) {
  let used = 0;
  // In the order of the prints, so that growing goes through both files from end to end.
  const home = (print: number): number => Math.floor((print / 2 ** 32) * slots.count);
  const next = (slot: number): number => (slot + 1) % slots.count;
  return {
    slots,
    get used() {
      return used;
    },
    /** The slot of a print whose content is wanted, or -1. */
    find: (print: number, isWanted: (content: number) => boolean): number => {
      for (let slot = home(print); ; slot = next(slot)) {
        const content = slots.contentAt(slot);
        if (content === free) return -1;
        if (slots.printAt(slot) === print && isWanted(content)) return slot;
      }
    },
    put: (print: number, content: number): void => {
      let slot = home(print);
      while (slots.contentAt(slot) !== free) slot = next(slot);
      slots.write(slot, print, content);
      used++;
    },
  };
}

/** All of them in one with more room, without what was deleted. Where the disk fails, they stay as they were. */
function joined(before: readonly Part[], slots: Slots): Part {
  const larger = createPart(slots);
  try {
    for (const { slots: old } of before)
      for (let slot = 0; slot < old.count; slot++) {
        const content = old.contentAt(slot);
        if (content >= first) larger.put(old.printAt(slot), content);
      }
  } catch (thrown) {
    slots[Symbol.dispose]();
    throw thrown;
  }
  for (const { slots: old } of before) old[Symbol.dispose]();
  return larger;
}
