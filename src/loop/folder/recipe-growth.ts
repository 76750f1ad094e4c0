/** A comparison that grows: its folder takes further arms, and those that are there stay as they are. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Recipe } from '../../config/sections/recipe.js';

/**
 * The settings that are free to differ between what the folder was made with and what is given now: none where anything
 * that is there is missing or different now. Transitions compare arms when all are done, so they are free with them.
 */
export function grownSettings(before: Recipe, now: Recipe): string[] {
  if (before.kind === 'arms' && now.kind === 'arms')
    return holdsAll(now.arms, before.arms) ? ['recipe.arms', 'recipe.transitions'] : ['recipe.transitions'];
  if (before.kind === 'zero-shot' && now.kind === 'zero-shot')
    return holdsAll(now.models, before.models) ? ['recipe.models', 'recipe.transitions'] : ['recipe.transitions'];
  if (before.kind === 'data-scale' && now.kind === 'data-scale')
    return [
      ...(holdsAll(now.sizes, before.sizes) ? ['recipe.sizes'] : []),
      // GRPO on the top K is an arm more for each size.
      ...(now.grpo && !before.grpo ? ['recipe.grpo'] : []),
    ];
  if (before.kind === 'transfer' && now.kind === 'transfer' && before.domains !== undefined)
    return now.domains === undefined || holdsAll(now.domains, before.domains) ? ['recipe.domains'] : [];
  return [];
}

const holdsAll = (all: readonly unknown[], some: readonly unknown[]): boolean =>
  some.every((one) => all.some((other) => isDeepStrictEqual(one, other)));
