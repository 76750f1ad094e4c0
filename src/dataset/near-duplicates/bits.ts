/** Counts bits, as both kinds of near-duplicates do to tell how far two sketches are apart. */

/** Bits that are set in a 32-bit number. */
export function bitsOf(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits of 64 in which two hashes of one picture may differ: those of every resized or re-encoded copy, and of no pair of VQA-RAD's images. */
export const likeDistance = 6;
