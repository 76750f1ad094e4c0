/**
 * `npm run smoke:recipes`: every recipe of configs/ with its real parts, as small as it can be, one after the other; says how
 * each ended. Its figures mean nothing. Options: --only a,b --out DIR. Takes some ten minutes on two idle cores.
 */
import { join, resolve } from 'node:path';
import { scriptLine } from '../../../src/script-line.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { openEngine } from '../../../src/bridge/jobs/open-engine.js';
import { messageOf } from '../../../src/errors.js';
import { loadConfig } from '../../../src/config/load.js';
import { runRecipe } from '../../../src/loop/comparison/run-recipe.js';

/** What makes each small; the shape of the recipe stays, but for sizes that would not fit so little data. */
const common = ['threads=1', 'data.seed=48', 'data.test=24', 'data.pool=12', 'evaluation.batchSize=24'];
const training = ['sft.maxSteps=2', 'sft.batchSize=8', 'grpo.maxSteps=1', 'grpo.batchSize=8', 'grpo.numGenerations=4'];
const rewards = [
  // Two steps at the usual rate throw the scores of some seeds below τ = -6, and then nothing is left to train on.
  'rewardModel.learningRate=1.0e-5',
  'rewardModel.warmStartSteps=2',
  'rewardModel.steps=2',
  'rewardModel.retrainSteps=2',
  'filter.threshold=-6',
];
const writing = ['generation.imagesPerCycle=12', 'preferences.prompts=4', 'preferences.samples=2'];
const recipes: Readonly<Record<string, readonly string[]>> = {
  'zero-shot': ['recipe.models=[phantom,phantom]'],
  'sft-baseline': [],
  'medvlm-r1': [],
  'med-r1-think': [],
  'med-r1-nothink': [],
  'data-scale': ['recipe.sizes=[4,8]'],
  transfer: [],
  ablation: [],
};

const { values } = scriptLine(import.meta.filename, {
  only: { type: 'string' },
  out: { type: 'string', default: 'runs/smoke-recipes' },
});
const wanted = values.only?.split(',') ?? Object.keys(recipes);
const python = await ensurePython();
const failed: string[] = [];
for (const name of wanted) {
  const runDir = resolve(join(values.out, name));
  const started = performance.now();
  try {
    const set = [...common, ...training, ...rewards, ...writing, ...(recipes[name] ?? [])];
    const config = await loadConfig(`configs/${name}.yaml`, { set });
    await using engine = await openEngine({ python });
    const result = await runRecipe(config, { runDir, engine });
    const arms = 'recipe' in result ? `${result.arms.length} arms` : 'loop';
    process.stdout.write(`${name}: ${result.status}, ${arms}, ${Math.round((performance.now() - started) / 1000)} s\n`);
  } catch (error) {
    failed.push(name);
    process.stdout.write(`${name}: FAILED: ${messageOf(error)}\n`);
  }
}
process.exitCode = failed.length === 0 ? 0 : 1;
