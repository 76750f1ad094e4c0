/** The stages a configuration will run, in order: what a screen draws before they happen. */
import { z } from 'zod';
import type { Config } from '../config/schema.js';
import { headroomQuestions } from '../config/sections/grpo.js';
import { stageNameSchema, type StageName } from './stage-names.js';

const stages = z.array(stageNameSchema);

export const stagePlanSchema = z.strictObject({
  /** Before the first cycle. */
  start: stages,
  /** Of every cycle but the last, and of the last. */
  cycle: stages,
  last: stages,
});
export type StagePlan = z.output<typeof stagePlanSchema>;

/** From fresh candidates to a tested policy: what every cycle begins with. */
export const turnStages = [
  'generate',
  'score',
  'verify',
  'filter',
  'sft',
  'evaluate-sft',
  'headroom',
  'grpo',
  'evaluate-grpo',
] as const;

/** What comes before a cycle that takes up verdicts of experts; no plan knows of it beforehand. */
export const verdictStages = ['verdicts', 'verdict-reward-model', 'verdict-reward-report'] as const;

/** The settings that decide which stages there are. */
export interface PlanSettings {
  /** Left out, nobody judges. */
  verify?: Pick<Config['verify'], 'enabled'> | undefined;
  rewardModel: Pick<Config['rewardModel'], 'warmStartSteps' | 'retrainAfterLast'>;
  generatorUpdate: Pick<Config['generatorUpdate'], 'enabled' | 'method'>;
  /** Left out, nothing is looked at before GRPO. */
  grpo?: Parameters<typeof headroomQuestions>[0] | undefined;
  generation: Pick<Config['generation'], 'provider'> & {
    local?: Pick<NonNullable<Config['generation']['local']>, 'warmStartSteps'> | undefined;
  };
}

export function planStages({
  verify,
  rewardModel: { warmStartSteps, retrainAfterLast },
  generatorUpdate,
  grpo,
  generation: { provider, local },
}: PlanSettings): StagePlan {
  const evolution = ['preferences', 'reward-model', 'reward-report'] as const;
  const update = generatorUpdate.enabled && generatorUpdate.method === 'sft' ? 'generator-sft' : 'generator-update';
  // Whether GRPO follows is not known before it was looked at.
  const isLeftOut = {
    headroom: grpo === undefined || headroomQuestions(grpo) === 0,
    verify: verify?.enabled !== true,
  };
  const turn = turnStages.filter((stage) => !(stage in isLeftOut) || !isLeftOut[stage as keyof typeof isLeftOut]);
  const cycle = [...turn, ...evolution, update] as const;
  const generatorWarmStart = provider === 'local' && (local?.warmStartSteps ?? 0) > 0;
  return {
    start: [
      'prepare-data',
      'evaluate-base',
      ...(generatorWarmStart ? ['generator-warm-start' as const] : []),
      'grade',
      ...(warmStartSteps === 0 ? [] : ['warm-start' as const]),
      'reward-model',
      'reward-report',
    ],
    cycle: [...cycle],
    last: retrainAfterLast ? [...cycle] : [...turn, update],
  };
}

/** The stages of a cycle, as the run plans them. */
export function plannedStages(
  { plan, cycles }: { readonly plan: StagePlan; readonly cycles: number },
  cycle: number,
): readonly StageName[] {
  if (cycle === 0) return plan.start;
  return cycle === cycles ? plan.last : plan.cycle;
}
