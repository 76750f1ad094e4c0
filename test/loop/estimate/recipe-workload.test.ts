/** What is foreseen of a comparison is what it does: the same stages of the same arms, and none that another arm made. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.js';
import type { Config } from '../../../src/config/schema.js';
import { defaultAssumptions } from '../../../src/loop/estimate/assumptions.js';
import { recipeWorkload } from '../../../src/loop/estimate/recipe-workload.js';
import type { ComparisonRecipe } from '../../../src/loop/comparison/arm-plan.js';
import { runComparison } from '../../../src/loop/comparison/run-recipe.js';
import { fakeEngine } from '../fake-engine.js';

vi.setConfig({ testTimeout: 300_000 });
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-foreseen-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const comparison = (config: Config): Config & { recipe: ComparisonRecipe } => {
  const { recipe } = config;
  if (recipe.kind === 'loop') throw new Error('no comparison');
  return { ...config, recipe };
};
const foreseen = (config: Config & { recipe: ComparisonRecipe }, counts = { seed: 600, test: 480, pool: 600 }) =>
  recipeWorkload(config, config.recipe, counts, defaultAssumptions);

test('the stages that a recipe with every kind of arm runs, to the last one', async () => {
  const config = comparison(
    parseConfig(
      `
recipe:
  kind: arms
  arms:
    - { name: base }
    - { name: raw, stages: [{ stage: sft, data: { from: candidates } }] }
    - { name: filtered, stages: [{ stage: sft, data: { from: accepted } }] }
    - { name: grpo, after: filtered, stages: [{ stage: grpo, data: { from: accepted } }] }
    - { name: raw-scale, after: filtered, stages: [{ stage: grpo, data: { from: accepted } }], set: { grpo.rewards.scale: raw } }
    - { name: threshold, stages: [{ stage: sft, data: { from: accepted } }], set: { filter.threshold: -1 } }
    - { name: loop, stages: [{ stage: loop, cycles: 2 }] }
    - { name: loop-losses, stages: [{ stage: loop, cycles: 2 }], set: { rewardModel.loss: both } }
    - { name: loop-fixed, stages: [{ stage: loop, cycles: 2 }], set: { generatorUpdate.enabled: false } }
data: { source: phantom, seed: 16, test: 16, pool: 8 }
generation: { imagesPerCycle: 4, teacher: { faults: { malformed: 0, empty: 0, blocked: 0, overloaded: 0 } } }
filter: { threshold: 0 }
preferences: { prompts: 4, samples: 2 }
`,
      { file: 'test.yaml' },
    ),
  );
  const done: string[] = [];
  await runComparison(config, {
    runDir: join(dir, 'run'),
    engine: fakeEngine({ differ: true }),
    onEvent: (event) => {
      if (event.type === 'stage-end') done.push(`${event.arm ?? 'shared'} ${event.cycle} ${event.stage}`);
    },
  });
  const { stages } = foreseen(config);
  expect(stages.map(({ arm = 'shared', cycle, stage }) => `${arm} ${cycle} ${stage}`).toSorted()).toEqual(
    done.toSorted(),
  );
});

test('data-scale: the counts and steps of Figure 2', async () => {
  const { stages, samples } = foreseen(comparison(await loadConfig('configs/data-scale.yaml')));
  expect(samples).toMatchObject({ requests: 900, datasetSize: 900 });
  expect(stages.filter(({ arm }) => arm === undefined).map(({ stage }) => stage)).toContain('reward-model');
  expect(stages.filter(({ stage }) => stage === 'sft').map(({ items }) => items)).toEqual([
    60, 60, 120, 120, 240, 240, 480, 480, 900,
  ]);
  expect(stages.filter(({ stage }) => stage === 'grpo')).toHaveLength(4);
  expect(stages.filter(({ stage }) => stage === 'evaluate').map(({ items }) => items)).toEqual(Array(14).fill(480));
});

test('transfer and baselines ask no generator and train no reward model', async () => {
  for (const name of ['transfer', 'sft-baseline', 'zero-shot']) {
    const { stages, samples } = foreseen(comparison(await loadConfig(`configs/${name}.yaml`)));
    expect(samples.requests).toBe(0);
    expect(stages.map(({ stage }) => stage)).not.toContain('reward-model');
  }
  const { stages } = foreseen(comparison(await loadConfig('configs/transfer.yaml')), { seed: 960, test: 480, pool: 1 });
  // Eight modalities share the trusted samples.
  expect(stages.filter(({ stage }) => stage === 'sft').map(({ items }) => items)).toEqual(Array(8).fill(120));
});
