/**
 * Content addresses and a number for each, in 13 bytes an address: a Map of strings takes ten times as much, which at a million
 * requests is more than all else that a generation holds. An address is told by 40 bits of its sha256; where two agree in
 * these, whoever asks says whether a number is that of the address.
 */
import { createHash } from 'node:crypto';

export interface KeyTable {
  readonly size: number;
  /** The number of an address; undefined where it has none. @param isOf Whether a number that may be its own is. */
  find(key: string, isOf: (value: number) => boolean): number | undefined;
  /** For an address that has no number yet. @param value Whole, from 0, below 2^48 − 2. */
  add(key: string, value: number): void;
  delete(key: string, isOf: (value: number) => boolean): void;
}

/** Each grows by itself, so that never much more is held than is used. */
const parts = 256;
const firstSlots = 8;
const growth = 1.25;
/** A fuller part is searched for long. */
const fullest = 0.85;
/** A slot holds its number two higher than these. */
const [free, gone, first] = [0, 1, 2];

export function createKeyTable(): KeyTable {
  const table = Array.from({ length: parts }, () => createPart(firstSlots));
  let size = 0;
  const placeOf = (key: string): { at: number; print: number } => {
    // What is a sha256 already is not hashed again.
    const hex = /^[0-9a-f]{64}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
    return { at: parseInt(hex.slice(0, 2), 16), print: parseInt(hex.slice(2, 10), 16) };
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
      return part === undefined || slot === -1 ? undefined : part.contentOf(slot) - first;
    },
    add: (key, value) => {
      const { at, print } = placeOf(key);
      table[at]?.put(print, value + first);
      const part = table[at];
      if (part !== undefined && part.used > fullest * part.slots) table[at] = grown(part);
      size++;
    },
    delete: (key, isOf) => {
      const { part, slot } = slotOf(key, isOf);
      if (part === undefined || slot === -1) return;
      // The slot stays taken, so that what lies behind it is still found.
      part.write(slot, gone);
      size--;
    },
  };
}

type Part = ReturnType<typeof createPart>;

function createPart(slots: number) {
  const prints = new Uint32Array(slots);
  const low = new Uint32Array(slots);
  const high = new Uint16Array(slots);
  let used = 0;
  const contentOf = (slot: number): number => (low[slot] ?? free) + 2 ** 32 * (high[slot] ?? 0);
  const write = (slot: number, content: number): void => {
    low[slot] = content; // modulo 2^32
    high[slot] = Math.floor(content / 2 ** 32);
  };
  return {
    slots,
    get used() {
      return used;
    },
    contentOf,
    write,
    printOf: (slot: number): number => prints[slot] ?? 0,
    /** The slot of a print whose content is wanted, or -1. */
    find: (print: number, isWanted: (content: number) => boolean): number => {
      for (let slot = print % slots; ; slot = (slot + 1) % slots) {
        const content = contentOf(slot);
        if (content === free) return -1;
        if (prints[slot] === print && isWanted(content)) return slot;
      }
    },
    put: (print: number, content: number): void => {
      let slot = print % slots;
      while (contentOf(slot) !== free) slot = (slot + 1) % slots;
      prints[slot] = print;
      write(slot, content);
      used++;
    },
  };
}

/** The same with more room, and without what was deleted. */
function grown(part: Part): Part {
  const larger = createPart(Math.ceil(part.slots * growth));
  for (let slot = 0; slot < part.slots; slot++) {
    const content = part.contentOf(slot);
    if (content >= first) larger.put(part.printOf(slot), content);
  }
  return larger;
}
