/** The loop asks GRPO what SFT has not learned, looks before it for what there is to gain, and leaves it out where there is nothing. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { headroomSchema } from '../../../src/evaluation/sampled/headroom-verdict.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { runLoop } from '../../../src/loop/run.js';
import { fakeEngine, type FakeEngine } from '../fake-engine.js';

const yaml = `
cycles: 1
data: { source: phantom, seed: 12, test: 10, pool: 8 }
generation: { imagesPerCycle: 4 }
grading: { heldOut: 0.5 }
filter: { threshold: 0 }
dataset: { includeSeed: false }
rewardModel: { retrainAfterLast: false }
`;
const configOf = (...set: string[]) => parseConfig(yaml, { file: 'test.yaml', set });
vi.setConfig({ testTimeout: 120_000 });

let runDir = '';
let events: TimedEvent[] = [];
beforeEach(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-headroom-')), 'run');
  events = [];
});
afterEach(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const run = (engine: FakeEngine, ...set: string[]) =>
  runLoop(configOf(...set), { runDir, engine, onEvent: (event) => events.push(event) });
const ended = (): string[] => events.flatMap((event) => (event.type === 'stage-end' ? [event.stage] : []));
const samplesIn = (file: string) => readSamples(join(runDir, file));

interface Asked {
  id: string;
  image: string;
  trusted: boolean;
}

test('GRPO asks what was rejected and what nobody asked about; no row of a test or held-out image, no answer to compare with', async () => {
  const engine = fakeEngine();
  await run(engine, 'grpo.prompts=fresh', 'grpo.batchSize=8');
  const rows = await readParquet<Asked>(join(runDir, 'cycle-1/grpo/rows.parquet'));
  expect(rows.length).toBeGreaterThan(4);
  expect(rows.every(({ trusted }) => !trusted)).toBe(true);
  const learned = new Set((await samplesIn('cycle-1/filter/d-gen.parquet')).map(({ id }) => id));
  const asked = rows.map(({ id }) => id);
  expect(asked.filter((id) => learned.has(id))).toEqual([]);
  const candidates = (await samplesIn('cycle-1/score/scored.parquet')).map(({ id }) => id);
  expect(candidates.filter((id) => !learned.has(id)).every((id) => asked.includes(id))).toBe(true);
  // Four images nobody asked about; of some modalities no trusted sample is left beside the gold set.
  expect(asked.filter((id) => id.startsWith('template-')).length).toBeGreaterThan(0);
  const held = await samplesIn('cycle-0/prepare-data/test.parquet');
  const heldImages = new Set(held.map(({ image }) => join(runDir, image)));
  expect(rows.filter(({ image }) => heldImages.has(image))).toEqual([]);
  const rewards = events.flatMap((event) =>
    event.type === 'job' && event.event.type === 'rewards' ? [event.event] : [],
  );
  for (const { rewards: given } of rewards) expect(given['answerMatch']).toMatchObject({ applied: 0, mean: null });
  // The same run goes on where it is.
  events = [];
  await run(fakeEngine(), 'grpo.prompts=fresh', 'grpo.batchSize=8');
  expect(ended()).toEqual([]);
});

test('accepted prompts are what they ever were: rows without a word of trust', async () => {
  await run(fakeEngine(), 'grpo.prompts=accepted', 'grpo.batchSize=8');
  const rows = await readParquet(join(runDir, 'cycle-1/grpo/rows.parquet'));
  expect(Object.keys(rows[0] ?? {})).toEqual(['id', 'image', 'prompt']);
  expect(ended()).not.toContain('headroom');
});

test('headroom is measured on held-out trusted questions alone, and told in events and in the result', async () => {
  const engine = fakeEngine();
  const result = await run(engine, 'grpo.headroom.questions=4', 'grpo.batchSize=8');
  expect(ended().slice(-4)).toEqual(['headroom', 'grpo', 'evaluate-grpo', 'generator-update']);
  const [cycle] = result.cycles;
  const headroom = headroomSchema.parse(cycle?.headroom);
  expect(headroom).toMatchObject({ questions: 4, samples: 8 });
  expect(cycle?.grpoSkipped).toBeNull();
  const end = events.find((event) => event.type === 'stage-end' && event.stage === 'headroom');
  expect(end).toMatchObject({ detail: { kind: 'headroom', ...headroom } });
  const asked = await readParquet<Asked>(join(runDir, 'cycle-1/headroom/prompts.parquet'));
  const seed = await samplesIn('cycle-0/prepare-data/seed.parquet');
  const graded = await readParquet<{ sampleId: string }>(join(runDir, 'cycle-0/grade/held-out.parquet'));
  const heldOut = new Set(graded.map(({ sampleId }) => sampleId));
  for (const { id } of asked) expect([seed.some((sample) => sample.id === id), heldOut.has(id)]).toEqual([true, true]);
  const sampled = await readParquet(join(runDir, 'cycle-1/headroom/sampled.parquet'));
  expect(sampled).toHaveLength(32);
  const plan = events.find((event) => event.type === 'run-start')?.plan;
  expect(plan?.last).toContain('headroom');
});

test('where there is no room GRPO is left out, and the policy goes on as SFT left it', async () => {
  const result = await run(fakeEngine(), 'grpo.when=headroom', 'grpo.headroom.questions=2', 'grpo.batchSize=8');
  // Two questions say nothing for sure.
  expect(ended()).toContain('headroom');
  expect(ended()).not.toContain('grpo');
  const [cycle] = result.cycles;
  expect(cycle?.grpoSkipped).toMatch(/^GRPO is left out: /);
  expect(cycle?.accuracy.grpo).toBe(cycle?.accuracy.sft);
  expect(cycle?.paths.policy).toBe('cycle-1/sft/model');
  expect(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')).cycles[0].grpoSkipped).toBe(cycle?.grpoSkipped);
  expect(events.some((event) => event.type === 'warning' && event.message.includes('GRPO is left out'))).toBe(true);
});

test('where SFT has learned every held-out question nothing is measured, and nothing left out for it', async () => {
  const result = await run(
    fakeEngine(),
    'grpo.when=headroom',
    'dataset.includeSeed=true',
    'guards.gold=false',
    'grpo.batchSize=8',
  );
  expect(ended()).toContain('grpo');
  expect(result.cycles[0]).toMatchObject({ headroom: null, grpoSkipped: null });
  expect(events.some((event) => event.type === 'warning' && event.message.startsWith('headroom is not measured'))).toBe(
    true,
  );
});
