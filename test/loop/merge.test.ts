/** `mergeModel` and the card: a folder that is whole or not there, and a README that names no person and no machine. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import type { Job } from '../../src/bridge/jobs/running-job.js';
import { JobError } from '../../src/errors.js';
import { mergeModel } from '../../src/loop/merge.js';
import { modelCard, writeCards } from '../../src/loop/result/model-card.js';
import { writeJson } from '../../src/loop/folder/run-folder.js';
import type { Engine } from '../../src/job-spec/script-engine.js';

let dir = '';
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'medgr2-merge-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Writes a model as the job does, then fails where it is told to. */
function merging(fail?: Error): Pick<Engine, 'merge'> {
  return {
    merge: ({ outDir }) => {
      const checkpoint = join(outDir, 'model');
      mkdirSync(checkpoint, { recursive: true });
      writeFileSync(join(checkpoint, 'model.safetensors'), 'weights');
      const done = {
        kind: 'merge' as const,
        checkpoint,
        base: 'Qwen/Qwen2-VL-2B-Instruct',
        dtype: 'bfloat16',
        seconds: 1,
      };
      const result = fail === undefined ? Promise.resolve(done) : Promise.reject(fail);
      return { result } as unknown as Job<'merge'>;
    },
  };
}

test('the folder appears whole, with its card, and nothing is left beside it', async () => {
  const merged = await mergeModel(merging(), { model: join(dir, 'adapter'), out: join(dir, 'out') });
  expect(merged).toEqual({ path: join(dir, 'out'), base: 'Qwen/Qwen2-VL-2B-Instruct', dtype: 'bfloat16' });
  expect(readdirSync(join(dir, 'out')).toSorted()).toEqual(['README.md', 'model.safetensors']);
  expect(readdirSync(dir)).toEqual(['out']);
});

test('what is there already is not touched; a failure or a stop leaves nothing', async () => {
  mkdirSync(join(dir, 'out'));
  const taken = mergeModel(merging(), { model: 'x', out: join(dir, 'out') });
  await expect(taken).rejects.toMatchObject({ code: 'folder-not-empty' });
  const failed = new JobError('checkpoint-not-saved', 'no space left', { jobId: 'merge' });
  const full = mergeModel(merging(failed), { model: 'x', out: join(dir, 'a', 'b', 'new') });
  await expect(full).rejects.toThrow('no space left');
  expect(readdirSync(dir)).toEqual(['out']);
  expect(readdirSync(join(dir, 'out'))).toEqual([]);
});

const stage = (cycle: number, name: string, output: object) =>
  JSON.stringify({
    cycle,
    stage: name,
    inputHash: `in-${name}`.padEnd(20, '0'),
    fingerprint: `of-${name}`.padEnd(20, '0'),
    output,
    time: '2026-01-01T00:00:00Z',
    seconds: 1,
  });

function runFolder(): string {
  const run = join(dir, 'Mary Miller 1950', 'run-1');
  mkdirSync(join(run, 'cycle-1', 'grpo', 'model'), { recursive: true });
  writeFileSync(
    join(run, 'config.yaml'),
    'seed: 7\ndata: { source: phantom }\npolicy: { base: Qwen/Q-2B, lora: { rank: 4, alpha: 8 } }\n',
  );
  parseConfig(readFileSync(join(run, 'config.yaml'), 'utf8'), { file: 'config.yaml' });
  const lines = [
    stage(1, 'filter', { datasetSize: 68 }),
    stage(1, 'sft', { rows: 68 }),
    stage(1, 'grpo', { rows: 61 }),
    stage(2, 'sft', { rows: 99 }),
  ];
  writeFileSync(join(run, 'ledger.jsonl'), `${lines.join('\n')}\n`);
  const model = { mae: 1, spearman: 0.5, pairwiseAccuracy: 0.75, meanByGrade: {} };
  const halves = { sft: {}, grpo: {} };
  writeJson(join(run, 'result.json'), {
    status: 'complete',
    seed: 7,
    notice: 'Phantoms are drawn.',
    testQuestions: 24,
    baseAccuracy: 0.25,
    baseAccuracyByModality: {},
    cycles: [
      {
        cycle: 1,
        candidates: 36,
        accepted: 36,
        datasetSize: 68,
        rawPrecision: 0.6,
        acceptedPrecision: 0.6,
        tau: 1,
        rewardModel: model,
        retrainedRewardModel: null,
        accuracy: { sft: 0.5, grpo: 0.75 },
        accuracyByModality: halves,
        accuracyByQuestionType: halves,
        unparsed: { sft: 0, grpo: 0 },
        seconds: {},
        paths: { policy: 'cycle-1/grpo/model', rewardModel: 'x', dataset: 'x' },
      },
    ],
    seconds: {},
    totalSeconds: 1,
    paths: null,
    warnings: [`worse than the base | see ${join(run, 'logs', 'x.log')}`],
    error: null,
  });
  return run;
}

test('the card tells base, data, settings, figures with intervals and warnings; no path of this machine', () => {
  const run = runFolder();
  const card = modelCard(join(run, 'cycle-1', 'grpo', 'model'), {
    kind: 'policy',
    base: 'model',
    dtype: 'bfloat16',
  });
  const front = parse(card.split('---\n')[1] ?? '') as Record<string, unknown>;
  expect(front).toMatchObject({
    base_model: 'Qwen/Q-2B',
    library_name: 'transformers',
    pipeline_tag: 'image-text-to-text',
  });
  expect(card).toContain('Phantom results');
  expect(card).toContain('| cycle-1/sft | 68 | in-sft000000 | of-sft000000 |');
  expect(card).toContain('| cycle-1/grpo | 61 |');
  expect(card).not.toContain('99'); // of a cycle that came after it
  expect(card).toContain('75.0 % (55.1 to 88.0)');
  expect(card).toContain('LoRA, rank 4, alpha 8');
  expect(card).toContain('- worse than the base');
  for (const hidden of [dir, 'Mary', '/home']) expect(card).not.toContain(hidden);
});

test('at the end of a run its last models have cards beside their sealed folders', () => {
  const run = runFolder();
  writeCards(run, { paths: { policy: 'cycle-1/grpo/model', rewardModel: 'cycle-1/reward-model/model', dataset: 'x' } });
  expect(readFileSync(join(run, 'cards', 'policy.md'), 'utf8')).toContain('# Policy of a run');
  expect(readFileSync(join(run, 'cards', 'reward-model.md'), 'utf8')).toContain('# Reward model of a run');
  expect(readdirSync(join(run, 'cycle-1', 'grpo', 'model'))).toEqual([]);
});

test('a card says which reward models were not let through, and of the base that goes on that nothing was before it', () => {
  const run = runFolder();
  const file = join(run, 'result.json');
  const result = JSON.parse(readFileSync(file, 'utf8')) as {
    cycles: { retrainedRewardModel: unknown; rewardModel: object }[];
  };
  const [cycle] = result.cycles;
  cycle!.retrainedRewardModel = { ...cycle!.rewardModel, spearman: 0.031 };
  const refusal = {
    cycle: 1,
    what: 'reward-model',
    promoted: 'reward-model-0',
    refused: ['reward-model-1'],
    reasons: [],
  };
  writeJson(file, { ...result, promotions: [refusal] });
  const judge = modelCard(join(run, 'cycle-0', 'reward-model', 'model'), { kind: 'reward-model' });
  expect(judge).toContain('| reward model 0 | 0.500 |');
  expect(judge).toContain('| reward model 1 (not let through) | 0.031 |');
  expect(modelCard(join(run, 'phantom'), { kind: 'policy' })).not.toContain('cycle-1/sft');
});

test('a reward model has its own figures; a model of no run, and one of a damaged run, have a card all the same', () => {
  const run = runFolder();
  const judge = modelCard(join(run, 'cycle-1', 'reward-model', 'model'), { kind: 'reward-model', base: 'phantom' });
  expect(judge).toContain('base_model: Qwen/Q-2B');
  expect(judge).toContain('| reward model 0 | 0.500 | 75.0 % | 1 |');
  expect(judge).not.toContain('pipeline_tag');
  const alone = join(dir, 'alone');
  cpSync(join(run, 'cycle-1', 'grpo', 'model'), alone, { recursive: true });
  expect(existsSync(alone)).toBe(true);
  expect(modelCard(alone, { kind: 'policy', base: '/home/mary/models/base' })).not.toContain('/home');
  writeFileSync(join(run, 'config.yaml'), 'policy: [');
  writeFileSync(join(run, 'result.json'), '{');
  expect(modelCard(join(run, 'cycle-1', 'grpo', 'model'), { kind: 'policy', base: 'phantom' })).toContain(
    'cycle-1/grpo',
  );
});
