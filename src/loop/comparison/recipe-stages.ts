/** The stages that a configuration runs, whatever its recipe: those of the loop, or what the arms of a comparison need. Pure. */
import { armConfig } from '../../config/arm-config.js';
import type { Arm } from '../../config/sections/recipe.js';
import type { Config } from '../../config/schema.js';
import type { StageName } from '../stage-names.js';
import { planStages } from '../stage-plan.js';
import { armsOf, needsOf } from './arm-plan.js';

export function stagesOf(config: Config): ReadonlySet<StageName> {
  const { recipe } = config;
  if (recipe.kind === 'loop') {
    const { start, cycle, last } = planStages(config);
    return new Set([...start, ...(config.cycles > 1 ? cycle : []), ...last]);
  }
  const arms = armsOf(config, recipe);
  return new Set(['prepare-data', 'evaluate', ...arms.flatMap((arm) => stagesOfArm(armConfig(config, arm), arm))]);
}

/** What makes R_φ, of a run that measures no base. */
export const rewardModelStages = (config: Config): StageName[] =>
  planStages(config).start.filter(
    (stage) => !['prepare-data', 'evaluate-base', 'generator-warm-start'].includes(stage),
  );

function stagesOfArm(config: Config, arm: Arm): StageName[] {
  const { candidates, scores, rewardModel } = needsOf(arm);
  const { start, cycle, last } = planStages(config);
  const steps = arm.stages.flatMap((step): StageName[] => {
    if (step.stage !== 'loop') return [step.stage];
    return [...((step.cycles ?? config.cycles) > 1 ? cycle : []), ...last];
  });
  const loops = arm.stages.some(({ stage }) => stage === 'loop');
  return [
    ...(candidates || rewardModel || loops ? start.filter((stage) => stage === 'generator-warm-start') : []),
    ...(candidates ? (['generate'] as const) : []),
    ...(scores ? (['score'] as const) : []),
    ...(rewardModel || loops ? rewardModelStages(config) : []),
    ...steps,
  ];
}
