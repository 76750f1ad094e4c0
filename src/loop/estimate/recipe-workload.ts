/**
 * The stages of a comparison with what passes through them, in the order of loop/comparison/arm.ts: what arms share is counted once,
 * by the run's own rule, which makes a stage again only where its settings or what it reads differ. Pure arithmetic.
 */
import { armConfig } from '../../config/arm-config.js';
import type { Arm, Selection, Step } from '../../config/sections/recipe.js';
import type { Config } from '../../config/schema.js';
import { sha256 } from '../../hash.js';
import { modalities, questionTypes } from '../../sample.js';
import type { BuiltInStage } from '../stage-names.js';
import { armsOf, type ComparisonRecipe } from '../comparison/arm-plan.js';
import type { Assumptions } from './assumptions.js';
import {
  candidatesPerCycle,
  requestsPerCycle,
  cycleLoads,
  load,
  rewardLoads,
  sftSteps,
  type DataCounts,
  type StageLoad,
  type Workload,
  strategyCount,
} from './workload.js';

/** @param arms All there can be; once the data are open, those that they have something for. */
export function recipeWorkload(
  config: Config,
  recipe: ComparisonRecipe,
  counts: DataCounts,
  assumptions: Assumptions,
  arms: readonly Arm[] = armsOf(config, recipe),
): Workload {
  const stages: StageLoad[] = [];
  const made = new Set<string>();
  const modelOf = new Map<string, string>();

  /** Everything of one arm, or of what all share, is planned with its own settings. @returns keys of what was made. */
  const planner = (settings: Config, arm: string | null) => {
    /** @param from Keys of what the stage reads. */
    const add = (stage: StageLoad, from: readonly string[], more: unknown = null): string => {
      const key = sha256(JSON.stringify([stage.cycle, stage.stage, settingsOf(settings, stage.stage), from, more]));
      if (!made.has(key)) stages.push(arm === null ? stage : { ...stage, arm });
      made.add(key);
      return key;
    };
    const chain = (loads: readonly StageLoad[], from: string): string =>
      loads.reduce((before, stage) => add(stage, [before]), from);
    const reward = (): string => chain(rewardLoads(settings, counts), 'data');
    const candidates = (): string => add(load(1, 'generate', requestsPerCycle(settings), 'requests'), []);
    const scored = (): string => {
      const rewardModel = reward();
      return add(load(1, 'score', candidatesPerCycle(settings), 'candidates'), [rewardModel, candidates()]);
    };
    return { add, chain, reward, candidates, scored };
  };

  const shared = planner(config, null);
  shared.add(load(0, 'prepare-data', counts.seed + counts.test, 'samples'), []);
  for (const arm of arms) {
    const settings = armConfig(config, arm);
    const own = planner(settings, arm.name);
    // Stages before the training are every arm's, unless it has settings of its own.
    const sources = settings === config ? shared : own;
    let model = arm.after === undefined ? `model ${arm.model ?? config.policy.base}` : (modelOf.get(arm.after) ?? '');
    for (const step of arm.stages) {
      if (step.stage === 'loop') {
        const cycles = step.cycles ?? settings.cycles;
        const looped: Config = { ...settings, cycles };
        const [first = [], ...others] = Array.from({ length: cycles }, (_, index) =>
          cycleLoads(looped, counts, assumptions, index + 1),
        );
        // The first cycle's candidates may be those that all arms share.
        own.candidates();
        const turn = [own.scored(), model].join(' ');
        model = own.chain([...first.slice(2), ...others.flat()], turn);
        continue;
      }
      const items = selected(step.data, counts, settings, assumptions);
      const from = [model, sourceOf(step.data, sources)];
      if (step.stage === 'sft') model = own.add(trainLoad(settings, step, items), from, step.data);
      else {
        const grader = step.rewards === 'medgr2' ? [sources.reward()] : [];
        model = own.add(trainLoad(settings, step, items), [...from, ...grader], [step.data, step.rewards]);
      }
    }
    modelOf.set(arm.name, model);
    own.add(load(1, 'evaluate', counts.test, 'questions'), [model]);
  }
  const items = (stage: BuiltInStage): number[] => stages.filter((one) => one.stage === stage).map((one) => one.items);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const requests = sum(items('generate'));
  return {
    stages,
    samples: {
      requests,
      candidates: requests * config.generation.questionsPerImage,
      accepted: Math.round(requests * config.generation.questionsPerImage * assumptions.acceptedShare),
      datasetSize: Math.max(0, ...items('sft')),
    },
  };
}

type Sources = { reward(): string; candidates(): string; scored(): string };

function sourceOf({ from, take }: Selection, sources: Sources): string {
  if (from === 'seed') return 'data';
  return from === 'accepted' || take === 'top' ? sources.scored() : sources.candidates();
}

const trainLoad = (config: Config, { stage }: Exclude<Step, { stage: 'loop' }>, items: number): StageLoad =>
  stage === 'sft'
    ? load(1, 'sft', items, 'samples', sftSteps(config, items))
    : load(1, 'grpo', items, 'prompts', config.grpo.maxSteps);

/** Samples of one modality, question type or strategy are taken to be an equal share of all. */
function selected(selection: Selection, counts: DataCounts, config: Config, { acceptedShare }: Assumptions): number {
  const { from, take, size, modality, questionType, strategy } = selection;
  const all = from === 'seed' ? counts.seed : candidatesPerCycle(config);
  const share = (wanted: unknown, of: number): number =>
    wanted === undefined ? 1 : Math.min(1, (Array.isArray(wanted) ? wanted.length : 1) / of);
  const fitting = Math.round(
    all *
      (from === 'accepted' ? acceptedShare : 1) *
      share(modality, modalities.length - 1) *
      share(questionType, questionTypes.length) *
      (from === 'seed' ? 1 : share(strategy, Math.max(1, strategyCount(config)))),
  );
  return take === 'all' ? fitting : Math.min(fitting, size ?? fitting);
}

/** What of a configuration decides the outcome of a stage, as the stages themselves name it in their inputs. */
function settingsOf(config: Config, stage: BuiltInStage): unknown {
  const { policy, evaluation, filter } = config;
  switch (stage) {
    case 'prepare-data':
      return null;
    case 'grade':
    case 'verdicts':
      return config.grading;
    case 'warm-start':
    case 'sft':
      return [policy, config.sft];
    case 'reward-model':
    case 'verdict-reward-model':
      return [policy, config.rewardModel];
    case 'reward-report':
    case 'verdict-reward-report':
      return [filter.threshold, filter.calibration];
    case 'generate':
      return config.generation;
    case 'score':
      return policy;
    case 'verify':
      return config.verify;
    case 'filter':
      return filter;
    case 'grpo':
      return [policy, config.grpo];
    case 'preferences':
      return [policy, config.preferences, config.grpo.maxCompletionLength];
    case 'generator-update':
    case 'generator-sft':
    case 'generator-warm-start':
      return config.generatorUpdate;
    case 'evaluate':
    case 'evaluate-base':
    case 'evaluate-sft':
    case 'headroom':
    case 'evaluate-grpo':
      return [policy, evaluation];
  }
}
