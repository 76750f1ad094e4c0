/** Chooses the samples that a stage of an arm learns from. Pure: the same seed gives the same samples. */
import type { Selection } from '../../config/sections/recipe.js';
import { removeOverlap } from '../../dataset/folders/exact-overlap.js';
import { ConfigError } from '../../errors.js';
import { seededRandom } from '../../random.js';
import type { Sample } from '../../sample.js';

export interface Choice {
  selection: Selection;
  /** What it chooses from: trusted samples, or candidates with their scores where they are needed. */
  samples: readonly Sample[];
  /** τ; only for `accepted`. */
  tau: number | null;
  seed: number;
  /** Names the arm's stage in messages. */
  where: string;
}

/**
 * Duplicates are dropped first, then what is not of the domain, then what is below τ; of the rest all, the best or some at
 * random. The first K of one shuffled order are the K random ones, so that larger sets hold the smaller ones.
 * @throws ConfigError where nothing is left.
 */
export function selectSamples({ selection, samples, tau, seed, where }: Choice): Sample[] {
  const { from, take, size } = selection;
  const fitting = removeOverlap(samples, [])
    .kept.filter(
      (sample) =>
        isOf(selection.modality, sample.modality) &&
        isOf(selection.questionType, sample.questionType) &&
        (selection.strategy === undefined || isOf(selection.strategy, sample.provenance.strategy)),
    )
    .filter(({ score }) => from !== 'accepted' || (score !== null && tau !== null && score > tau));
  const chosen = ordered(fitting, take, seed).slice(0, take === 'all' ? undefined : size);
  if (chosen.length > 0) return chosen;
  throw new ConfigError('nothing-selected', `no sample is left for ${where}`, {
    where,
    remedy:
      from === 'accepted'
        ? 'Lower filter.threshold, or take more candidates.'
        : 'Loosen its selection, or give more data.',
  });
}

function ordered(samples: readonly Sample[], take: Selection['take'], seed: number): Sample[] {
  if (take === 'all') return [...samples];
  if (take === 'random') return seededRandom(seed, 'random selection').shuffle(samples);
  return samples.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.id.localeCompare(b.id));
}

function isOf<T>(wanted: T | readonly T[] | undefined, found: T | null): boolean {
  if (wanted === undefined) return true;
  return Array.isArray(wanted) ? (wanted as readonly (T | null)[]).includes(found) : wanted === found;
}
