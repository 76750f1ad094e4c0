/**
 * The gold set: trusted samples that no training of the run sees. They are those that the reward model's report holds out, one
 * split by one rule, so that no trusted sample is spent twice; all that is of their images and patients stays out with them.
 */
import type { Config } from '../../config/schema.js';
import type { Recipe } from '../../config/sections/recipe.js';
import { clusterOf, type LoopData } from '../../dataset/sources/data-source.js';
import { heldOutImages } from '../../grading/index.js';
import type { Sample } from '../../sample.js';
import type { Ledger } from '../folder/ledger.js';

export interface GoldSet {
  samples: readonly Sample[];
  /** Hashes of all images that nothing may be trained on. */
  images: ReadonlySet<string>;
}

/**
 * Null where there is none: switched off, no loop in the recipe, too few trusted images to hold one out, or a run whose reward model was begun before there were gold
 * sets, which goes on as it was.
 */
export function goldOf(config: Config, data: LoopData, ledger: Pick<Ledger, 'all'>): GoldSet | null {
  if (!config.guards.gold || !hasLoop(config.recipe) || data.seed.length === 0 || isOlder(ledger)) return null;
  const cluster = (imageHash: string): string => clusterOf(data, imageHash);
  const held = heldOutImages(data.seed, config.grading.heldOut, config.seed, cluster);
  // Of so few images that none is held out, none is gold.
  if (held.size === 0) return null;
  const clusters = new Set([...held].map(cluster));
  const others = data.pool.filter(({ imageHash }) => clusters.has(cluster(imageHash)));
  return {
    samples: data.seed.filter(({ imageHash }) => held.has(imageHash)),
    images: new Set([...held, ...others.map(({ imageHash }) => imageHash)]),
  };
}

/** Data of which nothing is asked about, and so nothing learned, that is of gold images or patients. */
export function withoutGoldInPool(data: LoopData, gold: GoldSet | null): LoopData {
  if (gold === null || !data.pool.some(({ imageHash }) => gold.images.has(imageHash))) return data;
  return { ...data, pool: data.pool.filter(({ imageHash }) => !gold.images.has(imageHash)) };
}

/** Samples that may be learned from. */
export const outsideGold = <T extends Pick<Sample, 'imageHash'>>(gold: GoldSet | null, samples: readonly T[]): T[] =>
  samples.filter(({ imageHash }) => gold?.images.has(imageHash) !== true);

const hasLoop = (recipe: Recipe): boolean =>
  recipe.kind === 'loop' ||
  (recipe.kind === 'arms' && recipe.arms.some(({ stages }) => stages.some(({ stage }) => stage === 'loop')));

/** Its grading stage says nothing of gold. */
const isOlder = (ledger: Pick<Ledger, 'all'>): boolean =>
  ledger
    .all()
    .some(
      ({ stage, output }) => stage === 'grade' && typeof output === 'object' && output !== null && !('gold' in output),
    );
