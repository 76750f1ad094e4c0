/** Finds items that share a key in one of several tables without comparing all with all, as banded MinHash needs it. */

import { DataError } from '../../errors.js';

/** Of keys, and of whole numbers in a float: what a key leaves of the second is for the item's number. */
const [keyBits, floatBits] = [32, 53];
/** V8 holds no more entries in one Map or Set, and texts are looked up in those. */
const mostItems = 2 ** 24;

/**
 * Calls `onRun` with the ascending numbers of all items that share a key, for every key that at least two share. Beyond 2^21
 * items a key and a number do not fit one float: keys are then taken in several turns, by their highest bits.
 * @param keyOf 32-bit unsigned key of an item; null where it has none.
 * @throws DataError `too-many-items`
 */
export function eachRun(
  count: number,
  keyOf: (item: number) => number | null,
  onRun: (items: Uint32Array) => void,
): void {
  expectFewer(count);
  const itemBits = Math.max(floatBits - keyBits, Math.ceil(Math.log2(Math.max(2, count))));
  const turnBits = itemBits - (floatBits - keyBits);
  for (let turn = 0; turn < 2 ** turnBits; turn++)
    eachRunOf(turn, { turnBits, base: 2 ** itemBits, count, keyOf }, onRun);
}

interface Turns {
  /** Highest bits of a key that say in which turn it comes. */
  turnBits: number;
  /** By which a key is multiplied, to have room for an item's number. */
  base: number;
  count: number;
  keyOf: (item: number) => number | null;
}

function eachRunOf(turn: number, { turnBits, base, count, keyOf }: Turns, onRun: (items: Uint32Array) => void): void {
  const keysOfTurn = 2 ** (keyBits - turnBits);
  const keyed = new Float64Array(count);
  let filled = 0;
  for (let item = 0; item < count; item++) {
    const key = keyOf(item);
    if (key !== null && Math.floor(key / keysOfTurn) === turn) keyed[filled++] = (key % keysOfTurn) * base + item;
  }
  const sorted = keyed.subarray(0, filled).sort();
  const keyAt = (at: number): number => Math.floor((sorted[at] ?? 0) / base);
  let start = 0;
  for (let at = 1; at <= filled; at++) {
    if (at < filled && keyAt(at) === keyAt(start)) continue;
    if (at - start > 1) onRun(Uint32Array.from(sorted.subarray(start, at), (value) => value % base));
    start = at;
  }
}

function expectFewer(count: number): void {
  if (count <= mostItems) return;
  throw new DataError(
    'too-many-items',
    `${count} texts or images are more than ${mostItems} that are compared at once`,
    {
      remedy: 'Leave near-duplicates out (filter.nearDuplicates), or compare the data in parts.',
    },
  );
}

/**
 * Puts each item to the first one before it that is `near` it: the number of its group's first item, for each item.
 * An item that is near a member but not near the first may come into a group when its leader joins another.
 */
export function groupsOf(
  count: number,
  tables: number,
  keyOf: (table: number, item: number) => number | null,
  near: (a: number, b: number) => boolean,
): Uint32Array {
  const leader = Uint32Array.from({ length: count }, (_, item) => item);
  for (let table = 0; table < tables; table++) {
    eachRun(
      count,
      (item) => keyOf(table, item),
      (items) => {
        const leaders: number[] = [];
        for (const item of items) {
          if (leader[item] !== item) continue;
          const found = leaders.find((other) => near(other, item));
          if (found === undefined) leaders.push(item);
          else leader[item] = found;
        }
      },
    );
  }
  // A leader comes before its followers, so that one pass settles chains.
  for (let item = 0; item < count; item++) leader[item] = leader[leader[item] ?? item] ?? item;
  return leader;
}

/** For each item from `first` on, an item before `first` that is near it; -1 where there is none. */
export function matchesOf(
  count: number,
  first: number,
  tables: number,
  keyOf: (table: number, item: number) => number | null,
  near: (a: number, b: number) => boolean,
): Int32Array {
  const match = new Int32Array(count - first).fill(-1);
  for (let table = 0; table < tables; table++) {
    eachRun(
      count,
      (item) => keyOf(table, item),
      (items) => {
        const references = items.filter((item) => item < first);
        for (const item of items.subarray(references.length)) {
          if (match[item - first] !== -1) continue;
          const found = references.find((reference) => near(reference, item));
          if (found !== undefined) match[item - first] = found;
        }
      },
    );
  }
  return match;
}
