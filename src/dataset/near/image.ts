/**
 * Near-duplicate images by perceptual hash: 64 bits of an image's low frequencies (sharp-phash), compared by the bits that
 * differ. At 8 bits it finds re-encoded, resized and brightened copies; more than a sliver cropped, or a turn, is not
 * found. Rates on real images: `npm run bench:near`.
 */
import sharpPhash from 'sharp-phash';
import { DataError, messageOf } from '../../errors.js';
import { bitsOf } from './bits.js';
import { groupsOf, matchesOf } from './runs.js';

/** CommonJS whose types promise a default export that Node does not give: what is imported is the function itself. */
const hashBits = sharpPhash as unknown as (path: string) => Promise<string>;

/** 64 bits as two unsigned halves; null where an image has too little structure to be told from others. */
export type PerceptualHash = readonly [high: number, low: number] | null;

/** @throws DataError where the file is no image. */
export async function perceptualHash(path: string): Promise<PerceptualHash> {
  let bits: string;
  try {
    bits = await hashBits(path);
  } catch (cause) {
    throw new DataError('image-unusable', `${path} is no image: ${messageOf(cause)}`, {
      cause,
      where: path,
      remedy: 'Import the folder again: broken images are then left out.',
    });
  }
  const hash = [Number.parseInt(bits.slice(0, 32), 2), Number.parseInt(bits.slice(32), 2)] as const;
  // Frequencies of a blank image are all alike: such hashes say nothing.
  const ones = bitsOf(hash[0]) + bitsOf(hash[1]);
  return ones < 8 || ones > 56 ? null : hash;
}

/** Bits that differ. */
export function hashDistance(a: NonNullable<PerceptualHash>, b: NonNullable<PerceptualHash>): number {
  return bitsOf(a[0] ^ b[0]) + bitsOf(a[1] ^ b[1]);
}

/** The number of its group's first image, for each image. */
export function nearImageGroups(hashes: readonly PerceptualHash[], distance: number): Uint32Array {
  const { tables, keyOf, near } = indexHashes(hashes, distance);
  return groupsOf(hashes.length, tables, keyOf, near);
}

/** For each query the number of a reference within the distance, or -1. */
export function nearImageMatches(
  queries: readonly PerceptualHash[],
  references: readonly PerceptualHash[],
  distance: number,
): Int32Array {
  const all = [...references, ...queries];
  const { tables, keyOf, near } = indexHashes(all, distance);
  return matchesOf(all.length, references.length, tables, keyOf, near);
}

/**
 * Cut into two parts more than bits may differ, two near hashes share at least two parts, so that none is missed with a
 * table for each pair of parts. One part alone would have too few bits to tell many images apart.
 */
function indexHashes(hashes: readonly PerceptualHash[], distance: number) {
  const parts = distance + 2;
  const values = new Uint32Array(hashes.length * parts);
  for (const [item, hash] of hashes.entries()) {
    if (hash === null) continue;
    for (let bit = 0; bit < 64; bit++) {
      const at = item * parts + Math.floor((bit * parts) / 64);
      const half = bit < 32 ? hash[0] : hash[1];
      values[at] = ((values[at] ?? 0) << 1) | ((half >>> (bit % 32)) & 1);
    }
  }
  const pairs = Array.from({ length: parts }, (_, left) =>
    Array.from({ length: parts - left - 1 }, (__, step) => [left, left + step + 1] as const),
  ).flat();
  return {
    tables: pairs.length,
    keyOf: (table: number, item: number): number | null => {
      const [left, right] = pairs[table] ?? [0, 1];
      if ((hashes[item] ?? null) === null) return null;
      return (Math.imul(values[item * parts + left] ?? 0, 0x9e3779b1) ^ (values[item * parts + right] ?? 0)) >>> 0;
    },
    near: (a: number, b: number): boolean => {
      const [left, right] = [hashes[a] ?? null, hashes[b] ?? null];
      return left !== null && right !== null && hashDistance(left, right) <= distance;
    },
  };
}
