/** Which of a pool's reports and captions a configured generator will be shown: those that may reach it. */
import { configuredDestination } from '../../config/egress-rule.js';
import type { Config } from '../../config/schema.js';
import type { PoolImage } from '../../dataset/sources/data-source.js';

/** Whether any text about an image reaches the generator: another consent makes other prompts. */
export function showsText(
  pool: readonly PoolImage[],
  { generation, egress }: Pick<Config, 'generation' | 'egress'>,
): boolean {
  const leaves = configuredDestination(generation) !== null;
  const goes = ({ context }: PoolImage): boolean =>
    context !== undefined && (!leaves || (egress.text?.allow === true && context.maskedBy !== null));
  return generation.contextCharacters > 0 && pool.some(goes);
}
