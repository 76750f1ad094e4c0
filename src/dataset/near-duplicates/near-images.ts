/**
 * Near-duplicate images by perceptual hash: 64 bits of an image's low frequencies (sharp-phash), compared by the bits that
 * differ. At 8 bits it finds re-encoded, resized and brightened copies; more than a sliver cropped, or a turn, is not
 * found. Rates on real images: `npm run bench:near`.
 */
import sharpPhash from 'sharp-phash';
import { DataError, messageOf } from '../../errors.js';
import { bitsOf } from './bits.js';
import { createHashIndex, type Hash64 } from './hash-index.js';

/** CommonJS whose types promise a default export that Node does not give: what is imported is the function itself. */
const hashBits = sharpPhash as unknown as (path: string) => Promise<string>;

/** 64 bits as two unsigned halves; null where an image has too little structure to be told from others. */
export type PerceptualHash = Hash64 | null;

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

/**
 * The number of its group's first image, for each image: in their order, each joins the first that leads a group and is
 * near it, or leads one of its own.
 */
export function nearImageGroups(hashes: readonly PerceptualHash[], distance: number): Uint32Array {
  const leaders = createHashIndex(hashes.length, distance);
  return Uint32Array.from(hashes, (hash, item) => {
    if (hash === null) return item;
    const leader = leaders.first(hash);
    if (leader !== -1) return leader;
    leaders.add(item, hash);
    return item;
  });
}

/** The same, for groups of which no two hold images that are near each other: what hangs together by several images is one. */
export function apartImageGroups(hashes: readonly PerceptualHash[], distance: number): Uint32Array {
  const index = createHashIndex(hashes.length, distance);
  // A thousand black frames are one entry of the index, and not a million pairs.
  const same = new Map<string, number>();
  const above = Uint32Array.from(hashes.keys());
  const first = (item: number): number => {
    let at = item;
    while (above[at] !== at) at = above[at] = above[above[at] ?? 0] ?? 0;
    return at;
  };
  for (const [item, hash] of hashes.entries()) {
    if (hash === null) continue;
    const twin = same.get(hash.join());
    for (const near of twin === undefined ? index.all(hash) : [twin]) {
      const [a, b] = [first(near), first(item)];
      above[Math.max(a, b)] = Math.min(a, b);
    }
    if (twin !== undefined) continue;
    same.set(hash.join(), item);
    index.add(item, hash);
  }
  return above.map((_, item) => first(item));
}

/** For each query the number of the first reference within the distance, or -1. */
export function nearImageMatches(
  queries: readonly PerceptualHash[],
  references: readonly PerceptualHash[],
  distance: number,
): Int32Array {
  const index = createHashIndex(references.length, distance);
  for (const [item, hash] of references.entries()) if (hash !== null) index.add(item, hash);
  return Int32Array.from(queries, (hash) => (hash === null ? -1 : index.first(hash)));
}
