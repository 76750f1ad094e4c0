/** Finds items that share a key in one of several tables without comparing all with all, as banded MinHash needs it. */

/** Items are numbered below 2^21, so that a 32-bit key and a number fit one float. */
const most = 2 ** 21;

/**
 * Calls `onRun` with the ascending numbers of all items that share a key, for every key that at least two share.
 * @param keyOf 32-bit unsigned key of an item; null where it has none.
 */
export function eachRun(
  count: number,
  keyOf: (item: number) => number | null,
  onRun: (items: Uint32Array) => void,
): void {
  if (count > most) throw new RangeError(`${count} items are more than ${most}`);
  const keyed = new Float64Array(count);
  let filled = 0;
  for (let item = 0; item < count; item++) {
    const key = keyOf(item);
    if (key !== null) keyed[filled++] = key * most + item;
  }
  const sorted = keyed.subarray(0, filled).sort();
  let start = 0;
  for (let at = 1; at <= filled; at++) {
    if (at < filled && keyAt(sorted, at) === keyAt(sorted, start)) continue;
    if (at - start > 1) onRun(Uint32Array.from(sorted.subarray(start, at), (value) => value % most));
    start = at;
  }
}

const keyAt = (sorted: Float64Array, at: number): number => Math.floor((sorted[at] ?? 0) / most);

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
