/** A recipe as the list of its arms: which models are made, from what, by which stages. Pure; nothing is opened. */
import type { Arm, Recipe, Step } from '../../config/sections/recipe.js';
import type { Config } from '../../config/schema.js';
import { medgr2 } from '../../called-as.js';
import { ConfigError } from '../../errors.js';
import { modalities, questionTypes } from '../../sample.js';

export type ComparisonRecipe = Exclude<Recipe, { kind: 'loop' }>;

/** @throws ConfigError for the loop: several seeds are for what compares models. */
export function comparisonOf(config: Config): Config & { recipe: ComparisonRecipe } {
  const { recipe } = config;
  if (recipe.kind !== 'loop') return { ...config, recipe };
  throw new ConfigError('seeds-of-a-loop', 'several seeds are for recipes that compare models; this one is the loop', {
    remedy: `Run it once for each seed (--set seed=N), and put the runs side by side with \`${medgr2} report\`.`,
  });
}

/** Domains that occur in the data. */
export interface Domains {
  modalities: readonly string[];
  questionTypes: readonly string[];
}

/** All there can be: for plans made before the data are opened. */
export const allDomains: Domains = {
  modalities: modalities.filter((name) => name !== 'unknown'),
  questionTypes,
};

/** The arm that others are measured against, where a recipe makes its arms itself. */
export const baseArm = 'base';

/** @param domains Those of the data; a transfer grid has a row for each. */
export function armsOf(
  { policy }: Pick<Config, 'policy'>,
  recipe: ComparisonRecipe,
  domains: Domains = allDomains,
): Arm[] {
  switch (recipe.kind) {
    case 'arms':
      return recipe.arms;
    case 'zero-shot': {
      const names = recipe.models.map(modelName);
      return recipe.models.map((model, index) => {
        const name = names[index] ?? model;
        const unique = names.indexOf(name) === index ? name : `${name}-${index + 1}`;
        return { ...bare(unique), label: model, group: 'zero-shot', model };
      });
    }
    case 'data-scale':
      return [{ ...bare(baseArm), label: policy.base }, ...scaleArms(recipe)];
    case 'transfer':
      return [{ ...bare(baseArm), label: policy.base }, ...transferArms(recipe, domains)];
  }
}

const bare = (name: string): Arm => ({ name, stages: [], set: {} });

function scaleArms({ sizes, grpo }: Extract<Recipe, { kind: 'data-scale' }>): Arm[] {
  const sized = sizes
    .toSorted((a, b) => a - b)
    .flatMap((size) => {
      const random = { from: 'candidates', take: 'random', size } as const;
      const top = { from: 'candidates', take: 'top', size } as const;
      const arms: Arm[] = [
        { ...bare(`random-${size}`), label: `Rand${size}`, group: 'random', stages: [{ stage: 'sft', data: random }] },
        { ...bare(`top-${size}`), label: `Top${size}`, group: 'top', stages: [{ stage: 'sft', data: top }] },
      ];
      const further: Arm = {
        ...bare(`top-${size}-grpo`),
        label: `Top${size}+GRPO`,
        group: 'top+grpo',
        after: `top-${size}`,
        stages: [{ stage: 'grpo', data: top, rewards: 'medgr2' }],
      };
      return grpo ? [...arms, further] : arms;
    });
  const all: Step = { stage: 'sft', data: { from: 'candidates', take: 'all' } };
  return [...sized, { ...bare('all'), label: 'all candidates', group: 'all', stages: [all] }];
}

function transferArms({ by, domains, stages }: Extract<Recipe, { kind: 'transfer' }>, present: Domains): Arm[] {
  const there = by === 'modality' ? present.modalities : present.questionTypes;
  return (domains ?? there).map((domain) => ({
    ...bare(slug(domain)),
    label: domain,
    group: 'trained on',
    stages: stages.map((step) => keptTo(step, by, domain)),
  }));
}

/** The same stage on samples of one domain alone. The configuration has refused domains that are none. */
function keptTo(step: Step, by: 'modality' | 'question-type', domain: string): Step {
  if (step.stage === 'loop') return step;
  const only =
    by === 'modality'
      ? { modality: domain as (typeof modalities)[number] }
      : { questionType: domain as (typeof questionTypes)[number] };
  return { ...step, data: { ...step.data, ...only } };
}

export const slug = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]+/g, '-');

/** `runs/a/cycle-3/grpo/model` as `a-cycle-3-grpo-model`: short, but still telling which. */
function modelName(model: string): string {
  const parts = model.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  return slug(parts.slice(-4).join('-')).replace(/^[._-]+/, '') || 'model';
}

/** What an arm needs beside the data: most arms need no reward model, and then none is trained. */
export function needsOf(arm: Arm): { candidates: boolean; scores: boolean; rewardModel: boolean } {
  const selections = arm.stages.flatMap((step) => (step.stage === 'loop' ? [] : [step.data]));
  const scores = selections.some(({ from, take }) => from === 'accepted' || take === 'top');
  return {
    candidates: selections.some(({ from }) => from !== 'seed'),
    scores,
    rewardModel: scores || arm.stages.some((step) => step.stage === 'grpo' && step.rewards === 'medgr2'),
  };
}
