/**
 * Near-duplicate texts by MinHash (Broder 1997) with banding: candidates share a band of minima, then their true Jaccard
 * similarity of character 4-grams is computed, so that no pair is called near by chance. Meant for similarities from 0.7.
 */
import { normalize } from '../../reward/words/normal-text.js';
import { bitsOf } from './bits.js';
import { groupsOf, matchesOf } from './shared-keys.js';

/**
 * 16 bands of 4 minima: two texts of similarity 0.7 share a band with probability 0.99, of 0.8 with 0.9998, of 0.3 with
 * 0.12, which the exact check then refuses.
 */
const bands = 16;
const rows = 4;
const gram = 4;

/**
 * Most of the minima's 64 lowest bits in which two texts may differ before they are compared gram by gram. Near ones differ
 * in (1 - similarity) / 2 of them (Li and König 2010): at 0.7 more than 22 differ 3 times in a million, while 97 % of the
 * unlike texts that met in a band by chance are told apart. Their number grows with the square of the texts.
 */
const mostDiffering = 22;

/** The form in which texts are compared. */
export const comparedText = (text: string): string => normalize(text);

/** The number of its group's first text, for each text. */
export function nearTextGroups(texts: readonly string[], similarity: number): Uint32Array {
  const { keyOf, near } = indexTexts(texts, similarity);
  return groupsOf(texts.length, bands, keyOf, near);
}

/** For each query the number of a reference that is near it, or -1. */
export function nearTextMatches(
  queries: readonly string[],
  references: readonly string[],
  similarity: number,
): Int32Array {
  const { keyOf, near } = indexTexts([...references, ...queries], similarity);
  return matchesOf(queries.length + references.length, references.length, bands, keyOf, near);
}

/** Share of 4-grams that two texts have in common, in [0, 1]. */
export function jaccard(a: string, b: string): number {
  return overlapOf(gramsOf(a), gramsOf(b));
}

function indexTexts(texts: readonly string[], similarity: number) {
  const keys = new Uint32Array(texts.length * bands);
  const minima = new Uint32Array(bands * rows);
  const bits = new Uint32Array(texts.length * 2);
  for (const [item, text] of texts.entries()) {
    minima.fill(0xffffffff);
    for (const code of gramsOf(text)) {
      for (let at = 0; at < minima.length; at++) {
        const value = mix(code ^ Math.imul(at + 1, 0x9e3779b1));
        if (value < (minima[at] ?? 0)) minima[at] = value;
      }
    }
    for (const [at, value] of minima.entries()) {
      const word = item * 2 + (at >>> 5);
      bits[word] = (bits[word] ?? 0) | ((value & 1) << (at & 31));
    }
    for (let band = 0; band < bands; band++) {
      let key = band;
      for (let row = 0; row < rows; row++) key = mix(key ^ (minima[band * rows + row] ?? 0));
      keys[item * bands + band] = key;
    }
  }
  // A run compares its first text with all others: its grams are kept while it is asked for.
  let kept: { item: number; grams: Uint32Array } = { item: -1, grams: new Uint32Array() };
  const gramsFor = (item: number): Uint32Array => {
    if (kept.item !== item) kept = { item, grams: gramsOf(texts[item] ?? '') };
    return kept.grams;
  };
  return {
    keyOf: (band: number, item: number): number => keys[item * bands + band] ?? 0,
    near: (a: number, b: number): boolean =>
      texts[a] === texts[b] ||
      (differing(bits, a, b) <= mostDiffering && overlapOf(gramsOf(texts[a] ?? ''), gramsFor(b)) >= similarity),
  };
}

/** Bits that differ between two items of two words each. */
function differing(bits: Uint32Array, a: number, b: number): number {
  return bitsOf((bits[a * 2] ?? 0) ^ (bits[b * 2] ?? 0)) + bitsOf((bits[a * 2 + 1] ?? 0) ^ (bits[b * 2 + 1] ?? 0));
}

/** The finaliser of MurmurHash3 (Appleby), a bijection of 32 bits; with another seed, another permutation. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Codes of a text's 4-grams, sorted, each once. Latin letters give each gram a code of its own. */
function gramsOf(text: string): Uint32Array {
  const padded = ` ${text} `;
  const count = Math.max(1, padded.length - gram + 1);
  const codes = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    let code = 0;
    for (let offset = 0; offset < gram; offset++) {
      const letter = padded.charCodeAt(at + offset) || 0;
      code = ((code << 8) | (code >>> 24)) ^ (letter < 256 ? letter : mix(letter));
    }
    codes[at] = code;
  }
  codes.sort();
  let kept = 1;
  for (let at = 1; at < count; at++) if (codes[at] !== codes[at - 1]) codes[kept++] = codes[at] ?? 0;
  return codes.subarray(0, kept);
}

function overlapOf(a: Uint32Array, b: Uint32Array): number {
  let [i, j, common] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] ?? 0, b[j] ?? 0];
    if (x === y) common++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return common / (a.length + b.length - common);
}
