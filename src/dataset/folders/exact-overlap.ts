/**
 * Overlap removal: the same question about the same image with the same answer enters D_gen once. Near-duplicates stay.
 */
import { normalize } from '../../reward/words/normal-text.js';
import type { Sample } from '../../sample.js';

type Keyed = Pick<Sample, 'imageHash' | 'question' | 'answer'>;

/** Image hash, normalised question and normalised answer. */
export function overlapKey({ imageHash, question, answer }: Keyed): string {
  return [imageHash, normalize(question), normalize(answer)].join('\n');
}

/** Parts candidates into those new to D_gen and those that are there already or came earlier among the candidates. */
export function removeOverlap<T extends Keyed>(
  candidates: readonly T[],
  dgen: readonly Keyed[],
): { kept: T[]; removed: T[] } {
  const seen = new Set(dgen.map(overlapKey));
  const kept: T[] = [];
  const removed: T[] = [];
  for (const candidate of candidates) {
    const key = overlapKey(candidate);
    (seen.has(key) ? removed : kept).push(candidate);
    seen.add(key);
  }
  return { kept, removed };
}
