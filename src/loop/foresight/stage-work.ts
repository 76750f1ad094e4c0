/** The work of every stage of a run, from the counts that `plan` reckons with. Pure. */
import { armConfig } from '../../config/arm-config.js';
import type { Config } from '../../config/schema.js';
import type { Arm } from '../../config/sections/recipe.js';
import type { ComparisonRecipe } from '../comparison/arm-plan.js';
import { defaultAssumptions } from '../estimate/assumptions.js';
import { recipeWorkload } from '../estimate/recipe-workload.js';
import { loopWorkload, type DataCounts, type StageLoad } from '../estimate/workload.js';
import type { StageWork } from './work-schema.js';

/** One image that is drawn or read. */
const imageSeconds = 0.005;
/** A reply of the simulated teacher, which is on this machine and waits for nothing. */
const simulatedSeconds = 0.0025;
/** Texts that probes put before a reward model. */
const probeTexts = 480;

export const runWork = (config: Config, counts: DataCounts): StageWork[] =>
  loopWorkload(config, counts, defaultAssumptions).stages.map((load) => workOf(config, counts, load));

/** In the order in which a comparison does them. @param arms Those that the data has something for. */
export function comparisonWork(
  config: Config,
  { recipe, arms, counts }: { recipe: ComparisonRecipe; arms: readonly Arm[]; counts: DataCounts },
): StageWork[] {
  const own = new Map(arms.map((arm) => [arm.name, armConfig(config, arm)]));
  const { stages } = recipeWorkload(config, recipe, counts, defaultAssumptions, arms);
  return stages.map((load) => workOf(own.get(load.arm ?? '') ?? config, counts, load));
}

const workOf = (config: Config, counts: DataCounts, load: StageLoad): StageWork => ({
  cycle: load.cycle,
  stage: load.stage,
  ...(load.arm === undefined ? {} : { arm: load.arm }),
  start: jobsOf(config, load.stage),
  write: 0,
  read: 0,
  learn: 0,
  learnToGrade: 0,
  table: 0,
  seconds: 0,
  units: load.items,
  ...sequencesOf(config, counts, load),
});

/** One for each model that is asked. */
function jobsOf({ guards, generation, verify }: Config, stage: StageLoad['stage']): number {
  const gold = guards.gold ? 1 : 0;
  switch (stage) {
    case 'evaluate-base':
      return 1 + gold;
    case 'evaluate-sft':
    case 'evaluate-grpo':
      // R_φ reads what the policy answers to the gold set.
      return 1 + 2 * gold;
    case 'headroom':
    case 'preferences':
      return 2;
    case 'reward-report':
      return 1 + (guards.probes === false ? 0 : 1);
    case 'evaluate':
    case 'score':
    case 'reward-model':
    case 'sft':
    case 'warm-start':
    case 'grpo':
    case 'generator-warm-start':
    case 'generator-sft':
      return 1;
    case 'generate':
      return generation.provider === 'local' ? 1 : 0;
    case 'verify':
      return verify.provider === 'local' ? 1 : 0;
    case 'verdict-reward-model':
    case 'verdict-reward-report':
      return 1;
    case 'prepare-data':
    case 'grade':
    case 'verdicts':
    case 'filter':
    case 'generator-update':
      return 0;
  }
}

function sequencesOf(config: Config, { test }: DataCounts, { stage, items, steps }: StageLoad): Partial<StageWork> {
  const { sft, grpo, generation, verify, rewardModel, generatorUpdate, guards, policy } = config;
  const grader = rewardModel.base === undefined || rewardModel.base === policy.base ? 'learn' : 'learnToGrade';
  switch (stage) {
    case 'prepare-data':
      return { seconds: items * imageSeconds };
    case 'grade':
    case 'filter':
    case 'generator-update':
      return { table: items };
    case 'evaluate':
    case 'evaluate-base':
      return { write: items };
    case 'evaluate-sft':
    case 'evaluate-grpo':
      // R_φ reads what the policy answers to the gold set.
      return { write: items, read: Math.max(0, items - test) };
    case 'headroom':
      return { write: items * (1 + grpo.headroom.samples), read: items * grpo.headroom.samples };
    case 'preferences':
      return { write: items };
    case 'score':
      return { read: items };
    case 'reward-report':
      return { read: items + (guards.probes === false ? 0 : probeTexts) };
    case 'reward-model':
      // A frozen backbone reads each row once, whatever the head then takes in steps.
      return rewardModel.train === 'head' ? { read: items } : { [grader]: (steps ?? 0) * rewardModel.batchSize };
    case 'generate':
      return askingWork(generation, items);
    case 'verify':
      return askingWork(verify, items);
    case 'sft':
      return sft.maxSteps === undefined
        ? { learn: items * sft.epochs, dataset: items }
        : { learn: (steps ?? 0) * sft.batchSize * sft.accumulation };
    case 'warm-start':
      return { [grader]: (steps ?? 0) * sft.batchSize * sft.accumulation };
    case 'generator-warm-start':
    case 'generator-sft':
      return { learn: (steps ?? 0) * generatorUpdate.sft.batchSize * generatorUpdate.sft.accumulation };
    // How much experts will say is not known.
    case 'verdicts':
    case 'verdict-reward-model':
    case 'verdict-reward-report':
      return {};
    case 'grpo': {
      const completions = (steps ?? 0) * grpo.batchSize * grpo.accumulation;
      return { write: completions, read: completions, learn: completions };
    }
  }
}

function askingWork(
  { provider, concurrency }: Pick<Config['generation'], 'provider' | 'concurrency'>,
  requests: number,
): Partial<StageWork> {
  if (provider === 'local') return { write: requests };
  const seconds = provider === 'simulated' ? simulatedSeconds : defaultAssumptions.requestSeconds / concurrency;
  return { seconds: requests * seconds };
}
