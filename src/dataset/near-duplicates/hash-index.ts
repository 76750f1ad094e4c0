/**
 * Finds which of many 64-bit hashes is within a number of bits of another, exactly and without comparing all with all
 * (multi-index hashing: Norouzi, Punjani and Fleet 2012). Near linear for hashes that are spread, as those of different
 * images are; hashes that share a part and yet differ are compared with each other.
 */
import { bitsOf } from './bits.js';

/** 64 bits as two unsigned halves. */
export type Hash64 = readonly [high: number, low: number];

export interface HashIndex {
  /** @param item Its number, below the capacity, and given once. */
  add(item: number, hash: Hash64): void;
  /** The lowest item within the distance; -1 where there is none. */
  first(hash: Hash64): number;
  /** Every item within the distance, some of them several times. */
  all(hash: Hash64): Iterable<number>;
}

/** A stretch of the hash's bits, and the items by what stands there. */
interface Part {
  start: number;
  bits: number;
  /** What may differ from a key at which a near hash is looked for. */
  masks: Uint32Array;
  /** Key -> the latest item with it, plus 1, so that 0 is none. */
  latest: Int32Array;
  /** A bit for each key that an item has: small enough to stay near the processor, as `latest` is not. */
  taken: Int32Array;
}

/** @param distance Most bits that may differ, in [0, 12]. */
export function createHashIndex(capacity: number, distance: number): HashIndex {
  const parts = cheapestCut(capacity, distance).map(({ start, bits, radius }): Part => ({
    start,
    bits,
    masks: masksWithin(bits, radius),
    latest: new Int32Array(2 ** bits),
    taken: new Int32Array(2 ** Math.max(0, bits - 5)),
  }));
  // An item's halves, and for each part the item before it with its key, plus 1: side by side, because it is memory that takes
  // the time.
  const stride = 2 + parts.length;
  const entries = new Int32Array(capacity * stride);
  const found = new Int32Array(Math.max(...parts.map(({ masks }) => masks.length)));

  /** Fills `found` with the latest items of all keys; without a branch, so that many are fetched from memory at a time. */
  const lookUp = ({ masks, taken, latest }: Part, key: number): number => {
    let count = 0;
    for (let at = 0; at < masks.length; at++) {
      const near = key ^ (masks[at] ?? 0);
      found[count] = near;
      count += ((taken[near >>> 5] ?? 0) >>> (near & 31)) & 1;
    }
    for (let at = 0; at < count; at++) found[at] = latest[found[at] ?? 0] ?? 0;
    return count;
  };
  return {
    add: (item, hash) => {
      [entries[item * stride], entries[item * stride + 1]] = hash;
      for (const [number, part] of parts.entries()) {
        const key = keyOf(part, hash);
        entries[item * stride + 2 + number] = part.latest[key] ?? 0;
        part.latest[key] = item + 1;
        part.taken[key >>> 5] = (part.taken[key >>> 5] ?? 0) | (1 << (key & 31));
      }
    },
    first: (hash) => {
      const [high, low] = hash;
      let first = capacity;
      for (const [number, part] of parts.entries()) {
        // All chains are followed side by side.
        for (let left = lookUp(part, keyOf(part, hash)); left > 0;) {
          let going = 0;
          for (let at = 0; at < left; at++) {
            const item = (found[at] ?? 0) - 1;
            const place = item * stride;
            if (
              item < first &&
              bitsOf((entries[place] ?? 0) ^ high) + bitsOf((entries[place + 1] ?? 0) ^ low) <= distance
            )
              first = item;
            const before = entries[place + 2 + number] ?? 0;
            found[going] = before;
            going += (0 - before) >>> 31;
          }
          left = going;
        }
      }
      return first === capacity ? -1 : first;
    },
    *all(hash) {
      for (const [number, part] of parts.entries())
        for (const latest of found.slice(0, lookUp(part, keyOf(part, hash))))
          for (let at = latest; at > 0; at = entries[(at - 1) * stride + 2 + number] ?? 0) {
            const place = (at - 1) * stride;
            if (bitsOf((entries[place] ?? 0) ^ hash[0]) + bitsOf((entries[place + 1] ?? 0) ^ hash[1]) <= distance)
              yield at - 1;
          }
    },
  };
}

function keyOf({ start, bits }: Part, [high, low]: Hash64): number {
  const end = start + bits;
  const mask = 2 ** bits - 1;
  if (end <= 32) return (high >>> (32 - end)) & mask;
  if (start >= 32) return (low >>> (64 - end)) & mask;
  return ((high << (end - 32)) | (low >>> (64 - end))) & mask;
}

interface Stretch {
  start: number;
  bits: number;
  /** Bits of it that may differ. */
  radius: number;
}

/** At 22 bits a table is 16 MB; longer keys would leave most of it empty even for the largest data sets. */
const longestKey = 22;

/**
 * Few long parts need many look-ups, many short parts meet many hashes by chance: what is cheaper depends on how many
 * there are. Counted in steps: one for each entry of a table and each look-up, two for a comparison, which fetches more.
 */
function cheapestCut(count: number, distance: number): Stretch[] {
  const cost = ({ bits, radius }: Stretch): number =>
    2 ** bits + count * within(bits, radius) * (1 + (2 * count) / 2 ** bits);
  const fewest = Math.ceil(64 / longestKey);
  let cheapest: { cut: Stretch[]; steps: number } | null = null;
  for (let parts = fewest; parts <= Math.max(fewest, distance + 1); parts++) {
    const cut = cutInto(parts, distance);
    const steps = cut.reduce((sum, stretch) => sum + cost(stretch), 0);
    if (cheapest === null || steps < cheapest.steps) cheapest = { cut, steps };
  }
  return cheapest?.cut ?? [];
}

/**
 * If each part differed by more than its radius, the hashes would differ by the sum of (radius + 1), which is made to be
 * distance + 1: so near hashes are near in one part at least. A part whose radius would be -1 is not needed.
 */
function cutInto(parts: number, distance: number): Stretch[] {
  const bound = (part: number): number => Math.round((64 * part) / parts);
  return Array.from({ length: parts }, (_, part) => ({
    start: bound(part),
    bits: bound(part + 1) - bound(part),
    radius: Math.floor((distance + 1 + parts - 1 - part) / parts) - 1,
  })).filter(({ radius }) => radius >= 0);
}

/** Numbers of so many bits of which at most `radius` are set. */
function within(bits: number, radius: number): number {
  let [sum, choose] = [1, 1];
  for (let set = 1; set <= radius; set++) sum += choose = (choose * (bits - set + 1)) / set;
  return sum;
}

function masksWithin(bits: number, radius: number): Uint32Array {
  const masks: number[] = [];
  const addFrom = (mask: number, bit: number, left: number): void => {
    masks.push(mask);
    if (left > 0) for (let next = bit; next < bits; next++) addFrom(mask | (1 << next), next + 1, left - 1);
  };
  addFrom(0, 0, radius);
  return Uint32Array.from(masks);
}
