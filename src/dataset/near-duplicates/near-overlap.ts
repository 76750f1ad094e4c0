/** Overlap with near-duplicates: which samples ask the same of the same image, where reworded questions or re-encoded images count. */
import type { Sample } from '../../sample.js';
import { overlapKey } from '../folders/exact-overlap.js';
import { normalize } from '../../reward/words/normal-text.js';
import { mapInOrder } from '../import/import-helpers.js';
import { nearImageGroups, perceptualHash } from './near-images.js';
import { comparedText, nearTextGroups } from './near-texts.js';

export interface NearSwitches {
  /** Similarity from which questions about one image count as one; null: only equal ones do. */
  text: number | null;
  /** Bits by which perceptual hashes of one image may differ; null: only equal bytes count. */
  image: number | null;
}

type Asked = Pick<Sample, 'image' | 'imageHash' | 'question' | 'answer'>;

/**
 * Parts candidates into those new to D_gen and those that ask again, exactly or nearly, what D_gen or an earlier candidate
 * asks. The answer has to be the same: two answers to one question are no duplicates.
 */
export async function removeNearOverlap<T extends Asked>(
  candidates: readonly T[],
  dgen: readonly Asked[],
  { text, image }: NearSwitches,
  pathOf: (image: string) => string,
): Promise<{ kept: T[]; exact: T[]; near: T[] }> {
  const all: readonly Asked[] = [...dgen, ...candidates];
  const images = image === null ? null : await imageGroups(all, image, pathOf);
  const texts = text === null ? null : textGroups(all, text);
  const keyOf = (asked: Asked): string =>
    [
      images?.get(asked.imageHash) ?? asked.imageHash,
      texts?.get(comparedText(asked.question)) ?? comparedText(asked.question),
      normalize(asked.answer),
    ].join('\n');
  const seen = { exact: new Set(dgen.map(overlapKey)), near: new Set(dgen.map(keyOf)) };
  const parts: { kept: T[]; exact: T[]; near: T[] } = { kept: [], exact: [], near: [] };
  for (const candidate of candidates) {
    const [same, like] = [overlapKey(candidate), keyOf(candidate)];
    (seen.exact.has(same) ? parts.exact : seen.near.has(like) ? parts.near : parts.kept).push(candidate);
    seen.exact.add(same);
    seen.near.add(like);
  }
  return parts;
}

/** Image hash -> its group. */
async function imageGroups(all: readonly Asked[], distance: number, pathOf: (image: string) => string) {
  const unique = [...new Map(all.map((asked) => [asked.imageHash, asked.image])).entries()];
  const hashes = await mapInOrder(unique, ([, path]) => perceptualHash(pathOf(path)));
  const groups = nearImageGroups(hashes, distance);
  return new Map(unique.map(([imageHash], item) => [imageHash, groups[item] ?? item]));
}

/** Compared question -> its group. Questions repeat, so that each text is looked at once. */
function textGroups(all: readonly Asked[], similarity: number): Map<string, number> {
  const unique = [...new Set(all.map(({ question }) => comparedText(question)))];
  const groups = nearTextGroups(unique, similarity);
  return new Map(unique.map((text, item) => [text, groups[item] ?? item]));
}
