/** Stages alone, with a fake engine: files in, files out, nothing done twice, and never in another run's folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { readSampleFile, writeSampleFile } from '../../src/dataset/tables/sample-files.js';
import {
  generateAlone,
  grpoAlone,
  scoreAlone,
  sftAlone,
  trainRewardAlone,
} from '../../src/loop/single-stage/single-stages.js';
import type { RunOptions } from '../../src/loop/run-attempt.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { fakeEngine } from './fake-engine.js';

const yaml = `
data: { source: phantom, seed: 12, test: 2, pool: 6 }
generation: { imagesPerCycle: 40, strategies: [direct], teacher: { faults: { malformed: 0, empty: 0, blocked: 0, overloaded: 0 } } }
filter: { threshold: 0 }
`;
const prices = `
asOf: 2026-01-01
source: made for this test
currency: EUR
models: { simulated/simulated-teacher: { input: 1, output: 1 } }
`;
const config = parseConfig(yaml, { file: 'test.yaml' });
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-alone-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('generate, score, sft and grpo, each from the file of the one before', async () => {
  const engine = fakeEngine();
  const types: string[] = [];
  const at = (name: string): RunOptions => ({
    runDir: join(dir, name),
    engine,
    onEvent: ({ type }) => types.push(type),
  });

  // Six images are in the pool: 40 are not asked about.
  const generated = await generateAlone(config, { images: null }, at('generate'));
  expect(generated.samples).toHaveLength(6);
  await writeSampleFile(join(dir, 'c.jsonl'), generated.samples);
  const candidates = await readSampleFile(join(dir, 'c.jsonl'));
  expect(candidates).toEqual(generated.samples);
  // The stage's own file names images within the run folder: they are found from there, too.
  expect(await readSampleFile(join(generated.dir, 'candidates.parquet'))).toEqual(generated.samples);

  const warnings: string[] = [];
  const scored = await scoreAlone(
    config,
    { samples: candidates, rewardModel: 'rewards' },
    {
      ...at('score'),
      parts: { filters: [{ name: 'short', version: '1', accept: () => true }] },
      onEvent: (event) => void (event.type === 'warning' && warnings.push(event.message)),
    },
  );
  expect(warnings).toEqual(['nothing asks the filter "short" here: `score` alone has no stage filter']);
  expect(scored.samples.map(({ id }) => id)).toEqual(candidates.map(({ id }) => id));
  expect(scored.samples.every(({ score }) => score !== null)).toBe(true);
  await writeSampleFile(join(dir, 's.parquet'), scored.samples);
  const samples = await readSampleFile(join(dir, 's.parquet'));

  const supervised = await sftAlone(config, { samples, model: 'phantom' }, at('sft'));
  const what = { samples, model: supervised.checkpoint, rewardModel: 'rewards' };
  await grpoAlone(config, what, at('grpo'));
  expect(engine.calls.map(({ spec }) => spec.kind)).toEqual(['score', 'sft', 'grpo']);
  expect(engine.calls[2]?.spec).toMatchObject({ model: { path: supervised.checkpoint } });

  types.length = 0;
  await grpoAlone(config, what, at('grpo'));
  expect(engine.calls).toHaveLength(3);
  expect(types).toEqual(['run-start', 'notice', 'stage-skip', 'run-end']);
  await expect(sftAlone(config, { samples, model: 'phantom' }, at('grpo'))).rejects.toMatchObject({
    code: 'other-run',
  });
});

test('a spent budget pauses a stage alone as it pauses a run: not failed, and with the exit code of a pause', async () => {
  writeFileSync(join(dir, 'prices.yaml'), prices);
  const set = ['generation.maxCost=0.000001', `generation.prices=${join(dir, 'prices.yaml')}`];
  const events: TimedEvent[] = [];
  const options = {
    runDir: join(dir, 'run'),
    engine: fakeEngine(),
    onEvent: (event: TimedEvent) => events.push(event),
  };
  const generated = generateAlone(parseConfig(yaml, { file: 'test.yaml', set }), { images: null }, options);
  await expect(generated).rejects.toMatchObject({ code: 'budget-reached', exitCode: 3 });
  expect(events.at(-1)).toMatchObject({
    type: 'run-end',
    status: 'interrupted',
    error: expect.stringContaining('EUR'),
  });
});

test('train-reward grades, trains and sets τ', async () => {
  const engine = fakeEngine();
  const { samples } = await generateAlone(config, { images: null }, { runDir: join(dir, 'generate'), engine });
  const options = { runDir: join(dir, 'rewards'), engine };
  const { path, report } = await trainRewardAlone(config, samples, options);
  // Scored are the held-out texts, and the probes made of them.
  expect(engine.calls.map(({ spec }) => spec.kind)).toEqual(['reward-model', 'score', 'score']);
  expect(path).toBe(join(dir, 'rewards', 'cycle-0', 'reward-model', 'model'));
  expect(report.tau).toBe(0);
});

test('files that hold no samples', async () => {
  await expect(readSampleFile(join(dir, 'none.jsonl'))).rejects.toMatchObject({ code: 'file-unreadable' });
  await writeSampleFile(join(dir, 'empty.jsonl'), []);
  await expect(readSampleFile(join(dir, 'empty.jsonl'))).rejects.toMatchObject({ code: 'no-samples' });
  await expect(writeSampleFile(join(dir, 'x.csv'), [])).rejects.toMatchObject({ code: 'sample-file-kind' });
});
