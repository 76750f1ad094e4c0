/**
 * Near-duplicate images by perceptual hash: 64 bits of an image's low frequencies (sharp-phash), compared by the bits that
 * differ. At 8 bits it finds re-encoded, resized and brightened copies; more than a sliver cropped, or a turn, is not
 * found. Rates on real images: `npm run bench:near`.
 */
import sharpPhash from 'sharp-phash';
import { DataError, messageOf } from '../../errors.js';
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
  return groupsOf(hashes.length, distance + 1, keysOf(hashes, distance), nearOf(hashes, distance));
}

/** For each query the number of a reference within the distance, or -1. */
export function nearImageMatches(
  queries: readonly PerceptualHash[],
  references: readonly PerceptualHash[],
  distance: number,
): Int32Array {
  const all = [...references, ...queries];
  return matchesOf(all.length, references.length, distance + 1, keysOf(all, distance), nearOf(all, distance));
}

/** Cut into one part more than bits may differ, two near hashes share a part: none is missed. */
function keysOf(hashes: readonly PerceptualHash[], distance: number) {
  const parts = distance + 1;
  return (table: number, item: number): number | null => {
    const hash = hashes[item] ?? null;
    if (hash === null) return null;
    const [from, to] = [Math.floor((64 * table) / parts), Math.floor((64 * (table + 1)) / parts)];
    let key = 0;
    for (let bit = from; bit < to; bit++) {
      const half = bit < 32 ? hash[0] : hash[1];
      key = Math.imul(key, 2) + ((half >>> (bit % 32)) & 1);
    }
    return key >>> 0;
  };
}

function nearOf(hashes: readonly PerceptualHash[], distance: number) {
  return (a: number, b: number): boolean => {
    const [left, right] = [hashes[a] ?? null, hashes[b] ?? null];
    return left !== null && right !== null && hashDistance(left, right) <= distance;
  };
}

function bitsOf(value: number): number {
  let count = 0;
  for (let rest = value | 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
