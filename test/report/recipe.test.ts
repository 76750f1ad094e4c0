/** The page of a recipe that compares models: Table 1, the data-scale curves, the transfer grid and the flows. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { comparisonResultSchema } from '../../src/loop/comparison/comparison-result.js';
import { writeReport } from '../../src/report/write-report.js';
import { arm, comparison as result, gridCell } from './recorded-comparison.js';
import { plain, reaching, tableNamed } from './page-parts.js';

// A dozen drawings; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 });

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'medgr2-recipe-'));
  mkdirSync(join(root, 'run'));
  writeFileSync(join(root, 'run/result.json'), JSON.stringify(comparisonResultSchema.parse(result)));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('shows every figure of the result, and no section of the loop', async () => {
  const { file, runs } = await writeReport([join(root, 'run')]);
  expect(runs).toEqual([{ name: 'run', status: 'complete' }]);
  const page = readFileSync(file, 'utf8');
  expect(tableNamed(page, 'Models of run').rows.map((row) => row.slice(0, 2))).toEqual([
    ['zero-shot: model <base>', '50.0 % (10.0 to 90.0)'],
    ['model <tuned>', '70.0 % (10.0 to 90.0)'],
  ]);
  expect(tableNamed(page, 'Models by modality of run').rows).toEqual([
    ['zero-shot: model <base>', '50.0 ± 26.3 %', '50.0 ± 26.3 %'],
    ['model <tuned>', '90.0 ± 19.3 %', '50.0 ± 26.3 %'],
  ]);
  expect(tableNamed(page, 'Accuracy by number of samples').rows.map((row) => row.slice(0, 3))).toEqual([
    ['TopK', '32', '50.0 %'],
    ['TopK', '64', '70.0 %'],
    ['all', '128', '60.0 %'],
  ]);
  expect(tableNamed(page, 'Transfer between modalities: accuracy').rows).toEqual([['CT', '50.0 %', '50.0 %']]);
  expect(tableNamed(page, 'Transfer: gain over the base, in points').rows).toEqual([
    ['CT', '+20.0 points', '\u221210.0 points'],
  ]);
  expect(tableNamed(page, 'From model &lt;base&gt; to model &lt;tuned&gt;').rows[0]).toEqual([
    'all',
    '8',
    '6',
    '2',
    '4',
  ]);
  expect(plain(page)).toContain('p = 0.289');
  expect(plain(page)).toContain('One seed (3)');
  expect(page).not.toContain('Calibration of the reward model');
  expect(reaching(page).filter((value) => !value.startsWith('href=#'))).toEqual([]);
});

test('time and learning curves are of all arms, each under its label, or its name where it has none', async () => {
  const dir = join(root, 'arms');
  mkdirSync(dir);
  const lines = (file: string, values: readonly object[]): void =>
    writeFileSync(join(dir, file), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  const time = '2026-01-02T03:04:05.000Z';
  const trained = { checkpoint: 'model', rows: 8, steps: 2, loss: 1, tokens: 100 };
  const made = { cycle: 1, stage: 'sft', inputHash: 'a', fingerprint: 'b', output: trained, time };
  lines('ledger.jsonl', [
    { ...made, arm: 'tuned', seconds: 10 },
    { ...made, arm: 'other', seconds: 20 },
  ]);
  const step = { type: 'train-step', step: 1, totalSteps: 2, epoch: null, learningRate: 0.1, gradNorm: 1, tokens: 50 };
  const logged = (name: string, loss: number) => ({
    time,
    type: 'job',
    cycle: 1,
    stage: 'sft',
    arm: name,
    job: 'j',
    event: { ...step, loss, stepSeconds: 1, grpo: null },
  });
  lines('events.jsonl', [logged('tuned', 0.5), logged('other', 0.25)]);
  writeFileSync(join(dir, 'result.json'), JSON.stringify(comparisonResultSchema.parse(result)));
  const { file } = await writeReport([dir]);
  const page = readFileSync(file, 'utf8');
  expect(tableNamed(page, 'SFT: loss').rows.map((row) => row.slice(0, 3))).toEqual([
    ['model <tuned>', '1', '0.500'],
    ['other', '1', '0.250'],
  ]);
  const { rows } = tableNamed(page, 'Requests and tokens of arms');
  expect(rows.map((row) => row.at(-1))).toEqual(['200']);
});

test('the same recipe with other seeds is pooled: mean and deviation, and no figure of one seed as if it were all', async () => {
  const folder = join(root, 'seeds');
  const write = (seed: number, correct: number, config = ''): void => {
    const dir = join(folder, `seed-${seed}`);
    mkdirSync(dir, { recursive: true });
    const tuned = { ...arm('tuned', correct), label: 'tuned' };
    const gain = correct / 20 - 0.5;
    const grid = { by: 'modality', trained: ['CT'], tested: ['CT'], cells: [{ ...gridCell, tested: 'CT', gain }] };
    const value = { ...result, seed, arms: [arm('base', 10), tuned], grid, curves: [] };
    writeFileSync(join(dir, 'result.json'), JSON.stringify(comparisonResultSchema.parse(value)));
    writeFileSync(join(dir, 'config.yaml'), `seed: ${seed}\nsft: { maxSteps: 60 }\n${config}`);
  };
  write(0, 12);
  write(1, 16);
  write(2, 20, 'grpo: { maxSteps: 3 }\n'); // other settings: no repetition
  const { file, runs } = await writeReport([folder]);
  expect(file).toBe(join(folder, 'report.html'));
  expect(runs.map(({ name }) => name)).toEqual(['seed-0', 'seed-1', 'seed-2']);
  const page = readFileSync(file, 'utf8');
  const table = tableNamed(page, 'Models over the seeds of seed-0, seed-1');
  expect(table.rows[1]).toContain('70.0 ± 14.1 %');
  expect(table.rows[1]).toContain('60.0 % to 80.0 %');
  expect(tableNamed(page, 'Transfer: gain over the base, in points, over the seeds').rows).toEqual([
    ['CT', '+20.0 ± 14.1 points'],
  ]);
  expect(tableNamed(page, 'Differences over the seeds of seed-0, seed-1').rows[0]?.slice(0, 2)).toEqual([
    'tuned less model <base>',
    '+20.0 ± 14.1 points',
  ]);
  expect(plain(page)).toContain('Seed 0 is one of several');
  expect(plain(page)).toContain('One seed (2)');
  // What holds for every run is said once, and no column is empty.
  expect(plain(page).split('Accuracy is measured on 20 held-out questions')).toHaveLength(2);
  expect(tableNamed(page, 'Outcomes of the runs').head).toEqual(['run', 'state', 'seed', 'time']);
});
