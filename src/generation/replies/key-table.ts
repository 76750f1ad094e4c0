/**
 * Content addresses and a number for each, in some 30 bytes an address: a Map of strings takes five times as much, which at
 * a million requests is more than all else that a generation holds. An address is told by 96 bits of its sha256.
 */
import { createHash } from 'node:crypto';

export interface KeyTable {
  readonly size: number;
  /** Undefined for an address that has none. */
  get(key: string): number | undefined;
  /** @param value Whole, from 0. */
  set(key: string, value: number): void;
  delete(key: string): void;
}

const words = 3;
/** A fuller table is searched for long. */
const fullest = 0.7;
const none = -1;

/** @param expected Addresses that it is made for; it grows beyond that. */
export function createKeyTable(expected = 1_000): KeyTable {
  let slots = slotsFor(expected);
  let prints = new Uint32Array(slots * words);
  let values = new Float64Array(slots).fill(none);
  let taken = new Uint8Array(slots);
  let used = 0;
  let size = 0;

  /** The slot of a print, or the free one where it would go. */
  const find = (print: Print): number => {
    for (let slot = print[0] % slots; ; slot = (slot + 1) % slots) {
      const at = slot * words;
      if (taken[slot] === 0) return slot;
      if (prints[at] === print[0] && prints[at + 1] === print[1] && prints[at + 2] === print[2]) return slot;
    }
  };
  const write = (slot: number, print: Print, value: number): void => {
    if (taken[slot] === 0) {
      taken[slot] = 1;
      prints.set(print, slot * words);
      used++;
    }
    if (values[slot] === none) size++;
    values[slot] = value;
  };
  const grow = (): void => {
    const before = { slots, prints, values };
    slots *= 2;
    prints = new Uint32Array(slots * words);
    values = new Float64Array(slots).fill(none);
    taken = new Uint8Array(slots);
    used = 0;
    size = 0;
    for (let slot = 0; slot < before.slots; slot++) {
      const value = before.values[slot] ?? none;
      if (value === none) continue;
      const at = slot * words;
      const print: Print = [before.prints[at] ?? 0, before.prints[at + 1] ?? 0, before.prints[at + 2] ?? 0];
      write(find(print), print, value);
    }
  };
  return {
    get size() {
      return size;
    },
    get: (key) => {
      const value = values[find(printOf(key))] ?? none;
      return value === none ? undefined : value;
    },
    set: (key, value) => {
      const print = printOf(key);
      write(find(print), print, value);
      if (used > fullest * slots) grow();
    },
    delete: (key) => {
      const slot = find(printOf(key));
      // The slot stays taken, so that what lies behind it is still found.
      if (values[slot] !== none) size--;
      values[slot] = none;
    },
  };
}

type Print = [number, number, number];

function printOf(key: string): Print {
  // What is a sha256 already is not hashed again.
  const hex = /^[0-9a-f]{64}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
  return [parseInt(hex.slice(0, 8), 16), parseInt(hex.slice(8, 16), 16), parseInt(hex.slice(16, 24), 16)];
}

const slotsFor = (expected: number): number => 2 ** Math.ceil(Math.log2(Math.max(16, expected) / fullest));
