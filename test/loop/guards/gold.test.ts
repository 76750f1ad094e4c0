/** No training sees the gold set, by image or patient; a run that was begun without one goes on as it was. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { clusterOf, type LoopData } from '../../../src/dataset/sources/data-source.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { heldOutImages } from '../../../src/grading/index.js';
import { goldOf, outsideGold, withoutGoldInPool } from '../../../src/loop/guards/gold.js';
import { fakeEngine, type FakeEngine } from '../fake-engine.js';
import { attempt, configOf, Scratch, stagesOf } from '../folder/support.js';
import { makeSample } from '../../helpers/sample.js';

vi.setConfig({ testTimeout: 120_000 });

const trainers = new Set(['sft', 'grpo', 'reward-model']);
/** Images that training jobs were given, by file name: phantoms' names tell what they were drawn for. */
const learned = async ({ calls }: FakeEngine): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>();
  for (const { spec, rows } of calls)
    if (trainers.has(spec.kind))
      found.set(
        spec.outDir,
        (rows as unknown as { image: string }[]).map(({ image }) => image.replace(/^.*\/images\//, 'images/')),
      );
  return found;
};
const goldImages = async (runDir: string): Promise<Set<string>> =>
  new Set(
    (await readParquet<{ image: string }>(join(runDir, 'cycle-0/grade/held-out.parquet'))).map(({ image }) => image),
  );

test('no gold image is in any table that is trained on, with everything on that could bring one there', async () => {
  using scratch = new Scratch();
  const engine = fakeEngine({ contentOnly: true });
  const config = configOf(
    'dataset.includeSeed=true',
    'preferences.from=seed',
    'rewardModel.warmStartSteps=2',
    'policy.start=previous',
    'grpo.prompts=mixed',
    'generation.provider=local',
    'generation.local={ model: phantom, warmStartSteps: 2 }',
    'generatorUpdate.method=sft',
    'generation.maxUnanswered=1',
  );
  const { error } = await attempt(scratch.at('run'), config, {}, engine);
  expect(error).toBeUndefined();
  const gold = await goldImages(scratch.at('run'));
  expect(gold.size).toBe(2); // a fifth of twelve images
  const tables = await learned(engine);
  expect([...tables.keys()].map((dir) => dir.replace(/^.*\//, ''))).toEqual(
    expect.arrayContaining(['generator-warm-start.partial', 'warm-start.partial', 'sft.partial', 'grpo.partial']),
  );
  for (const [dir, images] of tables) {
    expect(images.length, dir).toBeGreaterThan(0);
    expect(
      images.filter((image) => gold.has(image)),
      dir,
    ).toEqual([]);
  }
  // Else the test could not fail: the trusted samples are in D_gen, and the policies answered the gold set.
  const dataset = await readSamples(scratch.at('run/dataset/d-gen.parquet'));
  expect(dataset.filter(({ provenance }) => provenance.cycle === 0)).toHaveLength(10);
  const asked = await readParquet<{ id: string }>(scratch.at('run/cycle-1/evaluate-grpo/gold/predictions.parquet'));
  expect(asked).toHaveLength(2);
});

test('switched off, the trusted samples are all in D_gen, and nobody answers a gold set', async () => {
  using scratch = new Scratch();
  const { result } = await attempt(scratch.at('run'), configOf('guards.gold=false', 'cycles=1'));
  const dataset = await readSamples(scratch.at('run/dataset/d-gen.parquet'));
  expect(dataset.filter(({ provenance }) => provenance.cycle === 0)).toHaveLength(12);
  expect(result?.cycles[0]?.gold).toBeNull();
});

test('a run that was begun before there were gold sets goes on as it was', async () => {
  using scratch = new Scratch();
  const at = (name: string): string => scratch.at('run', name);
  // As an earlier version left it: trusted samples in D_gen, no word of gold in the grading stage, none of guards in config.yaml.
  const before = await attempt(scratch.at('run'), configOf('guards.gold=false', 'guards.promotion=false', 'cycles=1'));
  expect(before.error).toBeUndefined();
  const old = readFileSync(at('config.yaml'), 'utf8').replace(/^guards:\n( .*\n)*/m, '');
  writeFileSync(
    at('config.yaml'),
    old.replace('to its last line', 'as earlier versions did').replace(/^# whole.*\n/m, ''),
  );
  const { error, ...after } = await attempt(scratch.at('run'), configOf('cycles=2'));
  expect(error === undefined ? null : String(error)).toBeNull();
  expect(stagesOf(after, 'stage-start').filter((stage) => !stage.startsWith('2/'))).toEqual([]);
  expect(after.result?.cycles.map(({ gold }) => gold)).toEqual([null, null]);
});

test('what is held out goes by patient, and takes the images of the pool with it', () => {
  const seed = Array.from({ length: 30 }, (_, n) => makeSample({ id: `s${n}`, imageHash: `image-${n}` }));
  const patients = new Map(seed.map(({ imageHash }, n) => [imageHash, `patient ${Math.floor(n / 3)}`]));
  const pool = Array.from({ length: 10 }, (_, n) => ({
    image: `p${n}`,
    imageHash: `pool-${n}`,
    modality: 'CT' as const,
  }));
  for (const { imageHash } of pool) patients.set(imageHash, `patient ${imageHash.slice(5)}`);
  const data = { seed, pool, patients } as unknown as LoopData;
  const gold = goldOf(configOf(), data, { all: () => [] });
  if (gold === null) throw new Error('no gold set');
  expect(gold.samples).toHaveLength(6); // two patients of three images each, a fifth of thirty
  const held = new Set(gold.samples.map(({ imageHash }) => clusterOf(data, imageHash)));
  expect(held.size).toBe(2);
  expect(outsideGold(gold, seed).filter(({ imageHash }) => held.has(clusterOf(data, imageHash)))).toEqual([]);
  const left = withoutGoldInPool(data, gold).pool;
  expect(left).toHaveLength(8);
  expect(left.filter(({ imageHash }) => held.has(clusterOf(data, imageHash)))).toEqual([]);
});

test('of two images or patients one is held out and one is not, whatever the share; of one none, which is refused at once', async () => {
  const samples = [{ imageHash: 'one' }, { imageHash: 'two' }, { imageHash: 'three' }];
  expect(heldOutImages(samples.slice(0, 2), 0.01, 7).size).toBe(1);
  expect(heldOutImages(samples, 0.99, 7).size).toBe(2);
  expect(heldOutImages(samples, 0, 7).size).toBe(0);
  expect(heldOutImages(samples, 0.5, 7, () => 'the only patient').size).toBe(0);
  using scratch = new Scratch();
  const engine = fakeEngine();
  const few = 'data={ source: phantom, seed: 1, test: 3, pool: 4 }';
  const { error } = await attempt(scratch.at('run'), configOf(few), {}, engine);
  expect(error).toMatchObject({
    code: 'no-held-out-rows',
    message: expect.stringMatching(/^the 1 trusted sample/) as string,
  });
  expect(engine.calls.filter(({ spec }) => spec.kind !== 'complete')).toEqual([]);
  const two = await attempt(
    scratch.at('two'),
    configOf(few.replace('seed: 1', 'seed: 2'), 'cycles=1', 'filter.threshold=-7'),
  );
  expect(two.error).toBeUndefined();
  expect(two.result?.cycles[0]?.gold?.grpo.n).toBe(1);
});

test('without patients it is the split that reports always had', () => {
  const samples = Array.from({ length: 50 }, (_, n) => ({ imageHash: `image-${n}` }));
  const held = heldOutImages(samples, 0.2, 7);
  expect(held.size).toBe(10);
  expect(heldOutImages([...samples, ...samples], 0.2, 7)).toEqual(held);
});
