/** Which of a pool's reports and captions a configured generator will be shown: those that may reach it. */
import { configuredDestination } from '../../config/egress-rule.js';
import type { Config } from '../../config/schema.js';
import type { PoolImage } from '../../dataset/sources/data-source.js';

type Told = Pick<Config, 'generation' | 'egress'>;

/** Whether any text about an image reaches the generator: another consent makes other prompts. */
export const showsText = (pool: readonly PoolImage[], config: Told): boolean => shownTexts(pool, config).shown > 0;

export interface ShownTexts {
  /** Images of the pool that have a text. */
  images: number;
  /** Those of them whose text the generator gets. */
  shown: number;
  /** Characters of what is shown, over all images of the pool. */
  meanCharacters: number;
}

export function shownTexts(pool: readonly PoolImage[], { generation, egress }: Told): ShownTexts {
  const { contextCharacters: longest } = generation;
  const leaves = configuredDestination(generation) !== null;
  const told = pool.flatMap(({ context }) => context ?? []);
  const shown = told.filter(
    ({ maskedBy }) => longest > 0 && (!leaves || (egress.text?.allow === true && maskedBy !== null)),
  );
  const characters = shown.reduce((sum, { text }) => sum + Math.min(text.length, longest), 0);
  return { images: told.length, shown: shown.length, meanCharacters: characters / Math.max(1, pool.length) };
}
