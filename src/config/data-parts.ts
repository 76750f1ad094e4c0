/** Which parts of the data a recipe works with beside the test questions: nobody has to give what nothing reads. */
import type { Recipe, Step } from './sections/recipe.js';

export interface DataParts {
  /** Trusted samples: policies and the reward model learn from them, generators take examples. */
  seed: boolean;
  /** Images that the generator is asked about. */
  pool: boolean;
}

export function dataPartsOf(recipe: Recipe): DataParts {
  switch (recipe.kind) {
    case 'loop':
    case 'data-scale':
      return { seed: true, pool: true };
    case 'zero-shot':
      return { seed: false, pool: false };
    case 'transfer':
      return partsOfSteps(recipe.stages);
    case 'arms':
      return partsOfSteps(recipe.arms.flatMap(({ stages }) => stages));
  }
}

/** What is generated needs a reward model or examples too, and both need the seed. */
function partsOfSteps(steps: readonly Step[]): DataParts {
  return { seed: steps.length > 0, pool: steps.some((step) => step.stage === 'loop' || step.data.from !== 'seed') };
}
