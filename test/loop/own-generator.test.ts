/**
 * The self-updating generator with its real parts: two cycles on a folder of images, in which the tiny model writes the
 * samples. It never saw JSON: the warm start teaches it the form, by one question that all trusted samples ask, as a table
 * of labels does. Asked for a question type that no trusted sample has, it fails, and its replies are dropped.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../src/bridge/jobs/open-engine.js';
import { parseConfig } from '../../src/config/load.js';
import { importQuestions } from '../../src/dataset/import/import-questions.js';
import { createPhantomData } from '../../src/dataset/sources/phantom-source.js';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import { InterruptedError } from '../../src/errors.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { runLoop } from '../../src/loop/run.js';
import type { Sample } from '../../src/sample.js';

const questionType = 'modality recognition';
const options = ['light', 'scan'];
const photographs = new Set<Sample['modality']>(['dermoscopy', 'fundus photography', 'microscopy', 'OCT']);
// Of the trusted ones a quarter is gold, which the generator does not learn from.
const images = { seed: 22, test: 8, pool: 24 };

const yaml = `
cycles: 2
threads: 1
data: { source: files, seed: seed, test: test, pool: images }
generation:
  provider: local
  local: { model: phantom, warmStartSteps: 90, batchSize: 4 }
  strategies: [direct]
  questionTypes: [modality recognition, disease diagnosis]
  imagesPerCycle: 10
  seedExemplars: 0
  temperature: 0
  maxOutputTokens: 100
generatorUpdate:
  method: sft
  sft:
    maxSteps: 2
    batchSize: 1
    learningRate: 5.0e-3
    # The few steps of an update are small, so that a handful of samples does not undo the form.
    trl: { warmup_steps: 8, adam_beta2: 0.95 }
grading: { mismatches: 1, heldOut: 0.25 }
rewardModel: { steps: 2, batchSize: 8, learningRate: 1.0e-5, retrainSteps: 1, retrainAfterLast: false }
filter: { threshold: -6 } # a reward model of two steps knows nothing
sft: { maxSteps: 1, batchSize: 8 }
grpo: { maxSteps: 1, numGenerations: 2, batchSize: 4, maxCompletionLength: 16 }
preferences: { prompts: 4, samples: 2 }
evaluation: { maxNewTokens: 16 }
`;

let dir = '';
const at = (name: string): string => join(dir, name);

/** One question about each image, as a person's table of labels would have it. */
async function writeQuestions(name: string, samples: readonly Sample[]): Promise<void> {
  const rows = samples.map(({ image, modality }) => {
    const answer = photographs.has(modality) ? 'light' : 'scan';
    const said = { question: 'What made this image?', options, answer };
    return { image: relative(dir, image), ...said, rationale: 'Its contrast tells.', question_type: questionType };
  });
  writeFileSync(at(`${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await importQuestions('jsonl', { path: at(`${name}.jsonl`), out: at(name) });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-own-generator-'));
  const teacher = { errorRates: { direct: 0, 'step-by-step': 0, 'meta-cognitive': 0 } };
  const drawn = await createPhantomData({ dir, seed: 1, counts: images, teacher });
  await writeQuestions('seed', drawn.seed);
  await writeQuestions('test', drawn.test);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n');

test('learns the form, writes samples, and writes the next as what it became', { timeout: 600_000 }, async () => {
  const config = parseConfig(yaml, { file: at('own.yaml') });
  const runDir = at('run');
  const stop = new AbortController();
  const events: TimedEvent[] = [];
  await using engine = await openEngine({ logDir: at('logs') });
  const run = (onEvent: (event: TimedEvent) => void, signal?: AbortSignal) =>
    runLoop(config, { runDir, engine, signal, onEvent: (event) => (events.push(event), onEvent(event)) });
  const { imagesPerCycle: asked } = config.generation;

  const stopped = run((event) => {
    if (event.type === 'stage-progress' && event.stage === 'generate' && event.cycle === 2) stop.abort();
  }, stop.signal);
  await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
  // Stopped in the middle of the second cycle's replies.
  const kept = linesOf(join(runDir, 'generation/replies.jsonl')).length - asked;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(asked);

  const result = await run(() => {});
  expect(result.status).toBe('complete');
  // Each stage ended once in both attempts together, and what was answered was not asked again.
  const ends = events.flatMap((event) => (event.type === 'stage-end' ? [`${event.cycle}/${event.stage}`] : []));
  expect(new Set(ends).size).toBe(ends.length);
  expect(ends.filter((stage) => stage.includes('generator'))).toEqual([
    '0/generator-warm-start',
    '1/generator-sft',
    '2/generator-sft',
  ]);
  const ledger = linesOf(join(runDir, 'ledger.jsonl')).map(
    (line) => JSON.parse(line) as { cycle: number; stage: string },
  );
  expect(ledger.map(({ cycle, stage }) => `${cycle}/${stage}`)).toEqual(ends);
  const counted = events.findLast((event) => event.type === 'stage-progress' && event.stage === 'generate');
  expect(counted).toMatchObject({ cycle: 2, detail: { cached: kept, answered: asked - kept } });

  const models: (string | undefined)[] = [];
  for (const [index, { candidates, accepted }] of result.cycles.entries()) {
    const stage = join(runDir, `cycle-${index + 1}/generate`);
    const written = await readSamples(join(stage, 'candidates.parquet'));
    expect(accepted).toBeGreaterThan(0);
    expect(written).toHaveLength(candidates);
    for (const sample of written) expect(sample).toMatchObject({ questionType, options });
    const dropped = linesOf(join(stage, 'dropped.jsonl')).map(
      (line) => (JSON.parse(line) as { reason: string }).reason,
    );
    expect(dropped).toHaveLength(asked - candidates);
    expect(dropped).not.toEqual([]);
    models.push(...new Set(written.map(({ provenance }) => provenance.model)));
  }
  expect(models).toEqual([expect.stringMatching(/^phantom@/), expect.stringMatching(/^phantom@/)]);
  expect(models[1]).not.toBe(models[0]);
  const weights = (path: string | undefined) => readFileSync(join(runDir, path ?? 'none', 'model.safetensors'));
  const generators = ['cycle-0/generator-warm-start/model', ...result.cycles.map(({ paths }) => paths.generator)];
  expect(generators.slice(1)).toEqual(['cycle-1/generator-sft/model', 'cycle-2/generator-sft/model']);
  expect(new Set(generators.map((path) => weights(path).toString('base64'))).size).toBe(3);
  expect(existsSync(join(runDir, 'generation/job'))).toBe(false);
});
