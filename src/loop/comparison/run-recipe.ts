/** Runs what a configuration asks for: the loop, or a recipe that makes models and compares them. */
import type { Config } from '../../config/schema.js';
import { ConfigError } from '../../errors.js';
import { modalities, questionTypes } from '../../sample.js';
import { comparisonResultSchema, type ComparisonResult } from './comparison-result.js';
import type { RunContext } from '../run-context.js';
import type { RunResult } from '../result/run-result.js';
import { runLoop } from '../run.js';
import { comparisonWork } from '../foresight/stage-work.js';
import { countsOf, inRunFolder } from '../in-run-folder.js';
import { checkRunCall } from '../inputs/run-call.js';
import type { RunOptions } from '../run-attempt.js';
import { runStage } from '../parts/run-stage.js';
import { prepareData } from '../stages/prepare-data.js';
import { runArm, type ArmDone } from './arm.js';
import { comparisonResult, flowsOf, type ComparisonProgress } from './compare-arms.js';
import { armsOf, baseArm, type ComparisonRecipe, type Domains } from './arm-plan.js';
import { sourcesOf } from './arm-sources.js';

/**
 * Runs what `config.recipe` says: the loop, or arms that are made and compared on the same test questions.
 * @returns What result.json holds; `recipe` in it tells a comparison from a loop.
 * @throws As `runLoop`; ConfigError `unknown-model` where a zero-shot recipe compares a model that it has not.
 * @example
 * const result = await runRecipe(await loadConfig('configs/ablation.yaml'), { runDir: 'runs/ablation' });
 * if ('recipe' in result) for (const { label, accuracy } of result.arms) console.log(label, accuracy);
 */
export async function runRecipe(config: Config, options: RunOptions): Promise<RunResult | ComparisonResult> {
  checkRunCall(config, options);
  const { recipe } = config;
  return recipe.kind === 'loop' ? runLoop(config, options) : runComparison({ ...config, recipe }, options);
}

/** Arms one after the other on the same test questions. What is done stays done, as in the loop. */
export async function runComparison(
  config: Config & { recipe: ComparisonRecipe },
  options: RunOptions,
): Promise<ComparisonResult> {
  const { recipe } = config;
  const progress: ComparisonProgress & { done: ArmDone[] } = { recipe, done: [], transitions: [] };
  if (recipe.kind === 'zero-shot') checkNames(recipe.transitions, armsOf(config, recipe));
  return inRunFolder(config, options, {
    arms: armsOf(config, recipe).map(({ name }) => name),
    work: async (run, report) => {
      const { fingerprint: prepared } = await runStage(run, prepareData(run));
      const sources = sourcesOf(run, prepared);
      const done = new Map<string, ArmDone>();
      const arms = armsOf(config, recipe, domainsOf(run, recipe));
      run.emit({ type: 'arms', arms: arms.map(({ name, label = name }) => ({ name, label })) });
      run.emit({ type: 'work', stages: comparisonWork(config, { recipe, arms, counts: countsOf(run.data) }) });
      for (const arm of arms) {
        const finished = await runArm({ run, sources, prepared, done }, arm);
        done.set(arm.name, finished);
        progress.done.push(finished);
        report();
      }
      progress.transitions = await flowsOf(run, pairsOf(recipe), progress.done);
    },
    result: (run, status, error) => comparisonResultSchema.parse(comparisonResult(run, progress, status, error)),
  });
}

/** Names of models come from their paths, which the configuration's own checks do not know. */
function checkNames(pairs: readonly (readonly string[])[], arms: readonly { name: string }[]): void {
  const names = arms.map(({ name }) => name);
  const unknown = pairs.flat().find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError('unknown-model', `recipe.transitions names ${unknown}, and there is no such model`, {
    where: 'recipe.transitions',
    remedy: `Write the names as the tables have them: ${names.join(', ')}.`,
  });
}

/** Recipes that make their own arms compare what their figures compare: the base with the best that each leads to. */
function pairsOf(recipe: ComparisonRecipe): (readonly [string, string])[] {
  if (recipe.kind === 'arms' || recipe.kind === 'zero-shot') return recipe.transitions;
  if (recipe.kind === 'transfer') return [];
  const largest = Math.max(...recipe.sizes);
  return [
    [baseArm, `top-${largest}`],
    [`random-${largest}`, `top-${largest}`],
    ...(recipe.grpo ? ([[`top-${largest}`, `top-${largest}-grpo`]] as const) : []),
  ];
}

/** Domains of the test questions that the samples to train on have too: a grid has no row for what nothing can be learned on. */
function domainsOf({ data }: RunContext, recipe: ComparisonRecipe): Domains {
  const stages = recipe.kind === 'transfer' ? recipe.stages : [];
  const learned = stages.map(({ data: { from } }) => (from === 'seed' ? data.seed : data.pool));
  const everywhere = [data.test, ...learned];
  return {
    modalities: modalities.filter(
      (name) => name !== 'unknown' && everywhere.every((items) => items.some(({ modality }) => modality === name)),
    ),
    // A generator may write questions of any type.
    questionTypes: questionTypes.filter((name) =>
      everywhere.every((items) => items.some((item) => !('questionType' in item) || item.questionType === name)),
    ),
  };
}
