/** The one definition of a run's configuration. Secrets never stand here: only names of environment variables. */
import { z } from 'zod';
import { dataPartsOf, type DataParts } from './data-parts.js';
import { dataSchema, datasetSchema } from './sections/data.js';
import { egressProblemOf, type EgressProblem } from './egress-rule.js';
import { executorSchema } from './sections/executor.js';
import { generatorUpdateSchema } from './sections/generator-update.js';
import { egressSchema } from './sections/egress.js';
import { generationSchema } from './sections/generation.js';
import { sftSchema } from './sections/sft.js';
import { grpoSchema } from './sections/grpo.js';
import { evaluationSchema } from './sections/evaluation.js';
import { partsSchema } from './part-modules.js';
import { policySchema } from './sections/policy.js';
import { recipeSchema } from './sections/recipe.js';
import { gradingSchema } from './sections/grading.js';
import { verifySchema } from './asking/verify.js';
import { filterSchema } from './sections/filter.js';
import { preferencesSchema } from './sections/preferences.js';
import { rewardModelSchema } from './sections/reward-model.js';
import { trackersSchema } from './trackers.js';
import { guardsSchema } from './sections/guards.js';

/**
 * Zod's form of a configuration, with all defaults; configs/README.md explains each setting. `parseConfig` reports better
 * than its `parse`.
 */
export const configSchema = z
  .strictObject({
    /** One number that every random choice of the run comes from. */
    seed: z.int().min(0).default(0),
    /** What to run: the loop, or models that are made and compared. */
    recipe: recipeSchema.prefault({ kind: 'loop' }),
    /** Turns of the loop. */
    // `plan` lists the stages of each; whatever is larger is a slip of the hand.
    cycles: z.int().positive().max(1000).default(3),
    data: dataSchema.prefault({ source: 'phantom' }),
    generation: generationSchema.prefault({}),
    egress: egressSchema.prefault({}),
    grading: gradingSchema.prefault({}),
    rewardModel: rewardModelSchema.prefault({}),
    verify: verifySchema.prefault({}),
    filter: filterSchema.prefault({}),
    dataset: datasetSchema.prefault({}),
    policy: policySchema.prefault({}),
    sft: sftSchema.prefault({}),
    grpo: grpoSchema.prefault({}),
    preferences: preferencesSchema.prefault({}),
    generatorUpdate: generatorUpdateSchema.prefault({}),
    evaluation: evaluationSchema.prefault({}),
    guards: guardsSchema.prefault({}),
    parts: partsSchema.prefault({}),
    /** Trackers that hear the run's figures: a name, or `{ kind, online, project }`. `trl.report_to` of `sft` and `grpo` adds to them. */
    trackers: trackersSchema,
    executor: executorSchema.prefault({}),
    /** Where jobs compute: `auto` takes the first CUDA GPU, else the CPU. */
    device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
    /** Torch CPU threads per job; all cores when left out. */
    threads: z.int().positive().optional(),
  })
  .refine(...egressRule('allow'))
  .refine(...egressRule('reason'))
  .refine(...egressRule('only'))
  .refine(...egressRule('text'))
  .refine(...dataRule('seed', 'a dataset folder of trusted samples, which this recipe learns from'))
  .refine(...dataRule('pool', 'a folder of images that the generator is asked about'))
  .refine(
    ({ data, generation, recipe }) =>
      data.source !== 'files' ||
      generation.provider !== 'simulated' ||
      generation.teacher.errorRate !== undefined ||
      !dataPartsOf(recipe).pool,
    {
      path: ['generation', 'provider'],
      error:
        'the simulated teacher knows your own images only where the pool has their questions answered: set generation.provider to a ' +
        'real generator (gemini, openai, local), or say how often the teacher errs (generation.teacher.errorRate)',
      when: ({ value }) => sourceSchema.safeParse(value).success,
    },
  )
  .refine(
    ({ verify, data, generation }) =>
      !verify.enabled ||
      verify.provider !== 'simulated' ||
      data.source === 'phantom' ||
      generation.provider === 'simulated',
    {
      path: ['verify', 'provider'],
      error:
        'the simulated judge knows only drawn images, and what the simulated teacher asks of an answered pool: set verify.provider ' +
        'to a real one (gemini, openai, local)',
      when: ({ value }) => judgedSchema.safeParse(value).success,
    },
  )
  .refine(({ grpo: { rewards }, parts }) => rewards.alpha + rewards.beta > 0 || parts.rewards.length > 0, {
    path: ['grpo', 'rewards'],
    message: 'alpha and beta are both 0: nothing would be learned, but from rewards of your own (parts.rewards)',
    when: ({ value }) => rewardedSchema.safeParse(value).success,
  })
  .refine((config) => config.generatorUpdate.method !== 'sft' || config.generation.provider === 'local', {
    path: ['generatorUpdate', 'method'],
    error: ({ input }) =>
      `sft trains the generator's weights, and those of provider ${updateSchema.safeParse(input).data?.generation.provider} are not here: use method: exemplars, or generation.provider: local`,
    when: ({ value }) => updateSchema.safeParse(value).success,
  });

const dataPartsSchema = z.object({ recipe: recipeSchema, data: dataSchema });
const sourceSchema = dataPartsSchema.extend({ generation: generationSchema });
const judgedSchema = z.object({ verify: verifySchema, data: dataSchema, generation: generationSchema });
const rewardedSchema = z.object({ grpo: grpoSchema, parts: partsSchema });
const updateSchema = z.object({ generation: generationSchema, generatorUpdate: generatorUpdateSchema });

/** These rules also run when another section is wrong, so that a person sees all problems at once. */
function egressRule(key: EgressProblem['key']): Parameters<z.ZodUnknown['refine']> {
  const problem = (config: unknown): EgressProblem | null => {
    const found = egressProblemOf(config);
    return found?.key === key ? found : null;
  };
  return [
    (config: unknown): boolean => problem(config) === null,
    { path: ['egress', key], error: ({ input }) => problem(input)?.message, when: () => true },
  ];
}

/** A person's own data must hold what the recipe reads, and no more. */
function dataRule(part: keyof DataParts, expected: string): Parameters<z.ZodUnknown['refine']> {
  return [
    (config: unknown): boolean => {
      const { data, success } = dataPartsSchema.safeParse(config);
      if (!success || data.data.source !== 'files') return true;
      return data.data[part] !== undefined || !dataPartsOf(data.recipe)[part];
    },
    { path: ['data', part], error: `missing; expected ${expected}`, when: () => true },
  ];
}

/** What a person may write. */
export type ConfigInput = z.input<typeof configSchema>;
/** Checked and complete. */
export type Config = z.output<typeof configSchema>;
