/** Recipes: what each committed one plans, which stages arms share, and what their results hold; with a fake engine. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { comparisonResultSchema } from '../../src/loop/comparison/comparison-result.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { lockRun, openRunFolder } from '../../src/loop/folder/open-run-folder.js';
import { armsOf, needsOf, type ComparisonRecipe } from '../../src/loop/comparison/arm-plan.js';
import { runComparison } from '../../src/loop/comparison/run-recipe.js';
import { runSeeds } from '../../src/loop/comparison/run-seeds.js';
import { pooledComparisonSchema } from '../../src/loop/comparison/pooled-comparison.js';
import { spreadOf } from '../../src/evaluation/seed-spread.js';
import { comparisonText } from '../../src/cli/print/comparison-text.js';
import { seedsText } from '../../src/cli/print/seeds-text.js';
import { fakeEngine, type FakeEngine } from './fake-engine.js';

// A recipe of six arms writes some hundred tables; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000 });

const comparison = (config: Config): Config & { recipe: ComparisonRecipe } => {
  const { recipe } = config;
  if (recipe.kind === 'loop') throw new Error('no comparison');
  return { ...config, recipe };
};
const configOf = (recipe: string, ...set: string[]) =>
  comparison(
    parseConfig(
      `
recipe: ${recipe}
data: { source: phantom, seed: 16, test: 16, pool: 4 }
generation: { imagesPerCycle: 4, teacher: { faults: { malformed: 0, empty: 0, blocked: 0, overloaded: 0 } } }
filter: { threshold: 0 }
preferences: { prompts: 4, samples: 2 }
evaluation: { likelihoods: mean }
`,
      { file: 'test.yaml', set },
    ),
  );

let runDir = '';
let events: TimedEvent[] = [];
beforeEach(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-recipe-')), 'run');
  events = [];
});
afterEach(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const run = (config: Config & { recipe: ComparisonRecipe }, engine: FakeEngine = fakeEngine()) =>
  runComparison(config, { runDir, engine, onEvent: (event) => events.push(event) });
const kinds = ({ calls }: FakeEngine): string[] => calls.map(({ spec }) => spec.kind);
const done = (): string[] =>
  events.flatMap((event) => (event.type === 'stage-end' ? [`${event.arm ?? 'shared'}/${event.stage}`] : []));

describe('the committed recipes', () => {
  const planned = {
    'data-scale':
      'base random-60 top-60 top-60-grpo random-120 top-120 top-120-grpo random-240 top-240 top-240-grpo random-480 top-480 top-480-grpo all',
    transfer: 'base CT MRI X-ray ultrasound dermoscopy fundus-photography OCT microscopy',
    'zero-shot': 'phantom',
    'sft-baseline': 'base sft',
    'medvlm-r1': 'base sft-mri medvlm-r1',
    'med-r1-think': 'base med-r1-think',
    'med-r1-nothink': 'base med-r1-nothink',
    ablation:
      'base raw-sft filtered-sft grpo only-direct only-step-by-step only-meta-cognitive grpo-raw-scale grpo-alpha-only ' +
      'grpo-beta-only grpo-rules tau-080 loop loop-both-losses loop-fixed-generator',
  };
  test.each(Object.entries(planned))('%s plans its arms', async (name, arms) => {
    const config = comparison(await loadConfig(`configs/${name}.yaml`));
    const found = armsOf(config, config.recipe);
    expect(found.map((arm) => arm.name).join(' ')).toBe(arms);
    // Rules alone need neither generator nor reward model.
    if (name.startsWith('med'))
      expect(found.some((arm) => needsOf(arm).rewardModel || needsOf(arm).candidates)).toBe(false);
  });
});

describe('data-scale', () => {
  test('one reward model and one set of candidates serve all arms; the result holds the curves', async () => {
    const engine = fakeEngine();
    const result = await run(configOf('{ kind: data-scale, sizes: [4, 8] }'), engine);
    expect(comparisonResultSchema.parse(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')))).toEqual(result);
    expect(kinds(engine).filter((kind) => kind === 'reward-model')).toHaveLength(1);
    expect(kinds(engine).filter((kind) => kind === 'sft')).toHaveLength(5);
    expect(kinds(engine).filter((kind) => kind === 'grpo')).toHaveLength(2);
    expect(done().filter((stage) => stage.startsWith('shared/'))).toEqual(
      ['prepare-data', 'generate', 'grade', 'reward-model', 'reward-report', 'score'].map((stage) => `shared/${stage}`),
    );
    expect(result.curves.map(({ label, points }) => [label, points.map(({ size }) => size)])).toEqual([
      ['RandK', [4, 8]],
      ['TopK', [4, 8]],
      ['TopK+GRPO', [4, 8]],
      ['all', [expect.any(Number)]],
    ]);
    const grpo = engine.calls.find(({ spec }) => spec.kind === 'grpo')?.spec;
    expect(grpo?.model.path).toBe(join(runDir, 'arms/top-4/cycle-1/sft/model'));
    for (const arm of result.arms) {
      expect(existsSync(join(runDir, arm.paths.predictions)), arm.name).toBe(true);
      expect(arm.auroc).not.toBeNull();
      expect(arm.n).toBe(16);
    }
    expect(result.transitions.map(({ first, second }) => `${first} ${second}`)).toEqual([
      'base top-8',
      'random-8 top-8',
      'top-8 top-8-grpo',
    ]);
    expect(comparisonText(result, runDir)).toMatch(/^K +RandK +TopK +TopK\+GRPO +all$/m);
  });

  test('goes on where it was stopped, and a finished one asks nothing again', async () => {
    const config = configOf('{ kind: data-scale, sizes: [2], grpo: false }');
    const failing = fakeEngine({
      before: (spec) => {
        if (spec.kind === 'sft' && spec.outDir.includes('top-2')) throw new Error('power cut');
      },
    });
    await expect(run(config, failing)).rejects.toThrow('power cut');
    // Models of the same weights would be measured once.
    const engine = fakeEngine({ differ: true });
    const result = await run(config, engine);
    expect(kinds(engine)).toEqual(['sft', 'evaluate', 'sft', 'evaluate']);
    const again = fakeEngine();
    expect((await run(config, again)).arms).toEqual(result.arms);
    expect(again.calls).toEqual([]);
  });
});

describe('a folder takes further arms', () => {
  test('what is there is kept, and the result holds all of them', async () => {
    const before = await run(configOf('{ kind: data-scale, sizes: [2], grpo: false }'), fakeEngine({ differ: true }));
    const engine = fakeEngine({ differ: true });
    const after = await run(configOf('{ kind: data-scale, sizes: [2, 4], grpo: false }'), engine);
    expect(kinds(engine)).toEqual(['sft', 'evaluate', 'sft', 'evaluate']);
    expect(after.arms.map(({ name }) => name)).toEqual(['base', 'random-2', 'top-2', 'random-4', 'top-4', 'all']);
    for (const arm of before.arms) expect(after.arms).toContainEqual(arm);
  });

  test.each([
    [
      '{ kind: data-scale, sizes: [2, 4], grpo: false }',
      '{ kind: data-scale, sizes: [4, 8], grpo: false }',
      'recipe.sizes: [2,4] there, [4,8] here',
    ],
    [
      '{ kind: zero-shot, models: [phantom] }',
      '{ kind: data-scale, sizes: [4] }',
      'recipe.kind: "zero-shot" there, "data-scale" here',
    ],
    [
      '{ kind: arms, arms: [{ name: base }, { name: a, stages: [{ stage: sft }] }] }',
      '{ kind: arms, arms: [{ name: base }, { name: a, stages: [{ stage: grpo }] }, { name: b }] }',
      'recipe.arms.a.stages.1.stage: "sft" there, "grpo" here',
    ],
  ])('%s: but not %s', async (before, after, told) => {
    openRunFolder(runDir, configOf(before)).lock.release();
    const refused = (): unknown => openRunFolder(runDir, configOf(after));
    expect(refused).toThrow(/the run folder was made with other settings/);
    expect(refused).toThrow(told);
  });

  test.each([
    ['{ kind: zero-shot, models: [phantom] }', '{ kind: zero-shot, models: [phantom, ./other] }'],
    ['{ kind: transfer, domains: [CT] }', '{ kind: transfer, domains: [MRI, CT] }'],
    ['{ kind: transfer, domains: [CT] }', '{ kind: transfer }'],
    ['{ kind: data-scale, sizes: [4], grpo: false }', '{ kind: data-scale, sizes: [4], grpo: true }'],
    [
      '{ kind: arms, arms: [{ name: base }] }',
      '{ kind: arms, arms: [{ name: a }, { name: base }], transitions: [[a, base]] }',
    ],
  ])('%s becomes %s', (before, after) => {
    openRunFolder(runDir, configOf(before)).lock.release();
    openRunFolder(runDir, configOf(after)).lock.release();
    // What is in it now is the larger one: the smaller would lose an arm.
    expect(() => openRunFolder(runDir, configOf(before))).toThrow(/other settings/);
  });
});

describe('transfer', () => {
  test('a model for each modality of the data, a cell for each pair', async () => {
    const engine = fakeEngine();
    const result = await run(configOf('{ kind: transfer, domains: [CT, MRI] }'), engine);
    expect(kinds(engine)).toEqual(['evaluate', 'sft', 'evaluate', 'sft', 'evaluate']);
    const { grid, arms } = result;
    expect(grid?.trained).toEqual(['CT', 'MRI']);
    expect(grid?.cells).toHaveLength(2 * (grid?.tested.length ?? 0));
    expect(grid?.cells[0]?.gain).toBe(0); // the fake answers the same whatever it learned
    expect(arms.map(({ trained }) => Object.keys(trained[0]?.byModality ?? {}))).toEqual([[], ['CT'], ['MRI']]);
  });

  test('a modality that is only in the test questions has no row, but a column', async () => {
    const { grid } = await run(configOf('{ kind: transfer }', 'data.seed=4', 'data.test=64'));
    expect(grid?.trained.length).toBeGreaterThan(0);
    expect(grid?.trained.length).toBeLessThanOrEqual(4);
    expect(grid?.tested.length).toBeGreaterThan(4);
  });
});

test('zero-shot refuses flows between models that it does not have, before anything starts', async () => {
  const models = '{ kind: zero-shot, models: [phantom, runs/a/cycle-3/grpo/model], transitions: [[phantom, other]] }';
  const engine = fakeEngine();
  await expect(run(configOf(models), engine)).rejects.toMatchObject({
    message: expect.stringContaining('names other'),
    remedy: expect.stringContaining('phantom, a-cycle-3-grpo-model'),
  });
  expect(engine.calls).toEqual([]);
  expect(existsSync(runDir)).toBe(false);
});

describe('several seeds', () => {
  const config = configOf('{ kind: transfer, domains: [CT, MRI] }', 'data.seed=64');
  test('each has a run folder of its own, and their figures are pooled', async () => {
    const engine = fakeEngine();
    const pooled = await runSeeds(config, [3, 5], { runDir, engine });
    expect(pooledComparisonSchema.parse(JSON.parse(readFileSync(join(runDir, 'seeds.json'), 'utf8')))).toEqual(pooled);
    const accuracies = [3, 5].map((seed) => {
      const result = JSON.parse(readFileSync(join(runDir, `seed-${seed}`, 'result.json'), 'utf8')) as unknown;
      return comparisonResultSchema.parse(result).arms[0]?.accuracy ?? Number.NaN;
    });
    // Other seeds are other questions, which the fake answers as well or badly as it happens.
    expect(pooled.arms[0]?.accuracy).toEqual(spreadOf(accuracies));
    expect(pooled.seeds).toEqual([3, 5]);
    expect(seedsText(pooled, runDir)).toMatch(/over 2 seeds \(3, 5\), 16 held-out questions each/);
    // Between two seeds nobody else takes the folder.
    const lock = lockRun(runDir);
    await expect(runSeeds(config, [3, 5], { runDir, engine })).rejects.toMatchObject({ code: 'run-busy' });
    lock.release();
    // One more seed runs alone; the others are read back.
    const more = fakeEngine();
    await runSeeds(config, [3, 5, 8], { runDir, engine: more });
    expect(more.calls.length).toBe(engine.calls.length / 2);
    expect(more.calls.every(({ spec }) => spec.outDir.startsWith(join(runDir, 'seed-8')))).toBe(true);
  });

  test('the loop has none', async () => {
    const loop = parseConfig('recipe: { kind: loop }', { file: 'test.yaml' });
    await expect(runSeeds(loop, [0, 1], { runDir })).rejects.toThrow(/for recipes that compare models/);
  });
});

describe('arms', () => {
  const arms = `
  kind: arms
  arms:
    - { name: base }
    - { name: filtered, stages: [{ stage: sft, data: { from: accepted } }] }
    - { name: unit, after: filtered, stages: [{ stage: grpo, data: { from: accepted } }] }
    - { name: raw, after: filtered, stages: [{ stage: grpo, data: { from: accepted } }], set: { grpo.rewards.scale: raw } }
    - { name: rules, stages: [{ stage: grpo, data: { from: seed }, rewards: medvlm-r1 }] }
    - { name: both, stages: [{ stage: loop, cycles: 1 }], set: { rewardModel.loss: both } }
  transitions: [[base, unit]]
`;
  test('settings of an arm change its stages and no others; what has the same inputs is made once', async () => {
    const engine = fakeEngine();
    const result = await run(configOf(arms), engine);
    expect(result.arms.map(({ name }) => name)).toEqual(['base', 'filtered', 'unit', 'raw', 'rules', 'both']);
    // `raw` has settings of its own, and yet its reward model is that of all; `both` trains another.
    expect(done().filter((stage) => stage.endsWith('/reward-model'))).toEqual([
      'shared/reward-model',
      'both/reward-model',
      'both/reward-model',
    ]);
    expect(done()).not.toContain('raw/generate');
    expect(done()).not.toContain('both/generate');
    const rules = engine.calls.find(({ spec }) => spec.kind === 'grpo' && spec.outDir.includes('/rules/'))?.spec;
    expect(rules).toMatchObject({ rewards: [{ name: 'format' }, { name: 'accuracy' }] });
    expect(rules).not.toHaveProperty('rewardModel');
    expect(existsSync(join(runDir, 'dataset')), 'an arm leaves the D_gen of the run alone').toBe(false);
  });

  test('each loop within an arm tells its own alarms, by its name', async () => {
    const loops = `{ kind: arms, arms: [{ name: base }, { name: one, stages: [{ stage: loop, cycles: 1 }] }, { name: two, set: { sft.maxSteps: 7 }, stages: [{ stage: loop, cycles: 1 }] }] }`;
    const result = await run(configOf(loops), fakeEngine());
    const told = result.warnings.filter((warning) => warning.endsWith('[uselessRewardModel]'));
    expect(told.map((warning) => warning.replace(/: the reward.*/, ''))).toEqual([
      'before the first cycle',
      'one: cycle 1',
      'two: cycle 1',
    ]);
  });

  test.each([
    ['{ kind: arms, arms: [{ name: a, set: { data.seed: 3 } }] }', /arm a cannot have the setting data\.seed/],
    ['{ kind: arms, arms: [{ name: a, set: { sft.steps: 3 } }] }', /sft: .*steps/],
    ['{ kind: arms, arms: [{ name: a, after: b }] }', /recipe\.arms\.0\.after: no arm named b/],
    ['{ kind: arms, arms: [{ name: a }, { name: a }] }', /a second arm named a/],
    ['{ kind: arms, arms: [{ name: a }], transitions: [[a, b]] }', /no arm named b/],
    ['{ kind: arms, arms: [{ name: a, stages: [{ stage: sft, data: { take: top } }] }] }', /needs a size/],
    ['{ kind: transfer, stages: [{ stage: loop }] }', /cannot be kept to one domain/],
  ])('%s is refused', (recipe, message) => {
    expect(() => configOf(recipe)).toThrow(message);
  });
});
