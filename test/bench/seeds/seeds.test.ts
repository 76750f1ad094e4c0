/** The pooled table of `bench:seeds`, from outcomes of separate invocations as they lie on disk. No training. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sample } from '../../../src/sample.js';
import { makeSample } from '../../helpers/sample.js';
import { frequentAnswers } from './frequent-answer.js';
import { isFinished, keepOutcome, readOutcomes, writeOutcome, type SeedOutcome } from './seeds-outcomes.js';
import { seedsReport } from './seeds-report.js';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'medgr2-seeds-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quality = { mae: 1.25, spearman: 0.88, pairwiseAccuracy: null, meanByGrade: {} };

/** One cycle; what the test reads differs, the rest does not matter. */
function outcomeOf(seed: number, sft: number, grpo: number, more: Partial<SeedOutcome> = {}): SeedOutcome {
  const cycle = {
    cycle: 1,
    candidates: 100,
    accepted: 60,
    datasetSize: 60,
    rawPrecision: 0.6,
    acceptedPrecision: 0.95,
    tau: 4,
    rewardModel: quality,
    retrainedRewardModel: null,
    headroom: null,
    grpoSkipped: null,
    accuracy: { sft, grpo },
    accuracyByModality: { sft: {}, grpo: {} },
    accuracyByQuestionType: { sft: {}, grpo: {} },
    unparsed: { sft: 0, grpo: 0 },
    gold: null,
    promotedPolicy: 'cycle-1/grpo',
    rolledBack: false,
    verdicts: null,
    seconds: {},
    paths: { policy: '', rewardModel: '', dataset: '' },
  };
  const result: SeedOutcome['result'] = {
    status: 'complete',
    seed,
    notice: '',
    testQuestions: 480,
    baseAccuracy: 0.5,
    baseAccuracyByModality: {},
    cycles: [cycle],
    seconds: {},
    totalSeconds: 600,
    paths: null,
    comparisons: [],
    alarms: [],
    promotions: [],
    review: null,
    warnings: [],
    error: null,
  };
  return { seed, result, arms: [{ 'unfiltered-equal': 0.7, 'unfiltered-all': 0.72 }], paired: [], ...more };
}

const rowOf = (table: string, name: string): string =>
  table
    .split('\n')
    .find((line) => line.startsWith(`| ${name} |`))
    ?.slice(name.length + 5) ?? '';

test('seeds of several folders become one table, with their spread', () => {
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  // The first as it was written first: one list; the second in the run's folder.
  mkdirSync(one);
  writeFileSync(join(one, 'outcomes.json'), JSON.stringify([outcomeOf(1, 0.8, 0.85)]));
  writeOutcome(other, outcomeOf(2, 0.9, 0.85, { seedOnly: 0.75 }));
  const table = seedsReport(readOutcomes([other, one]));
  expect(table).toContain('2 seeds (1, 2), 480 test questions each');
  expect(rowOf(table, 'accuracy: SFT on filtered')).toBe('0.850 ± 0.071 (0.800–0.900) |');
  expect(rowOf(table, 'per cent of the error that GRPO removes')).toBe('−12.5 (95 %: −489.0 to +464.0) |');
  expect(rowOf(table, 'accuracy: SFT on the trusted samples alone')).toBe('0.750, of 1 |');
  expect(rowOf(table, 'D_gen, samples')).toBe('60 ± 0 (60–60) |');
});

const pair = (first: string, second: string, difference: number) => ({
  first,
  second,
  difference,
  n: 480,
  clusters: 240,
  interval: { low: difference - 0.03, high: difference + 0.03 },
  pValue: 0.5,
  test: 'mcnemar' as const,
});

test('differences have an interval over seeds, and a paired one over the questions of these', () => {
  writeOutcome(folder, outcomeOf(3, 0.8, 0.85, { paired: [pair('more-sft', 'cycle 1 GRPO', 0.02)] }));
  writeOutcome(folder, outcomeOf(4, 0.8, 0.85, { paired: [pair('more-sft', 'cycle 1 GRPO', 0.04)] }));
  writeOutcome(folder, outcomeOf(5, 0.8, 0.85, { arms: [{}], paired: [pair('seed-only', 'cycle 1 GRPO', 0.1)] }));
  const table = seedsReport(readOutcomes([folder]));
  // Half widths of two seeds: √2 · 3 / 2.
  expect(rowOf(table, 'points of GRPO above as much more SFT')).toBe(
    '+3.0 (seeds −9.7 to +15.7, questions +0.9 to +5.1, of 2) |',
  );
  expect(rowOf(table, 'points above SFT on the trusted samples alone')).toBe('+10.0 (questions +7.0 to +13.0, of 1) |');
  expect(rowOf(table, 'points that GRPO adds to SFT')).toBe('– |');
});

test('several processes on one folder do not overwrite each other, and a newer outcome takes the place of the list', () => {
  writeFileSync(join(folder, 'outcomes.json'), JSON.stringify([outcomeOf(1, 0.1, 0.1)]));
  writeOutcome(folder, outcomeOf(1, 0.8, 0.8));
  writeOutcome(folder, outcomeOf(2, 0.9, 0.9));
  mkdirSync(join(folder, 'seed-3')); // still running
  const found = readOutcomes([folder]);
  expect(found.map(({ outcome }) => [outcome.seed, outcome.result.cycles[0]?.accuracy.sft])).toEqual([
    [1, 0.8],
    [2, 0.9],
  ]);
});

test('one seed has no spread, and an SFT without error leaves none to remove', () => {
  writeOutcome(folder, outcomeOf(4, 1, 1));
  const table = seedsReport(readOutcomes([folder]));
  expect(rowOf(table, 'accuracy: SFT on filtered')).toBe('1.000 |');
  expect(rowOf(table, 'per cent of the error that GRPO removes')).toBe('– |');
});

test('other settings than the seed stand above the table', () => {
  for (const [seed, steps] of [
    [1, 80],
    [2, 100],
  ] as const) {
    writeOutcome(folder, outcomeOf(seed, 0.8, 0.8));
    const yaml = `seed: ${seed}\ncycles: 1\nsft:\n  maxSteps: ${steps}\n`;
    writeFileSync(join(folder, `seed-${seed}`, 'config.yaml'), yaml);
  }
  const table = seedsReport(readOutcomes([folder]));
  expect(table).toContain('- sft.maxSteps: 80 (seed 1), 100 (seed 2)');
  expect(table).not.toContain('cycles:');
});

test('what is kept of a finished seed gives the same table without its run', () => {
  const [out, keep] = [join(folder, 'out'), join(folder, 'keep')];
  writeOutcome(out, outcomeOf(101, 0.8, 0.85));
  writeFileSync(join(out, 'seed-101', 'config.yaml'), 'seed: 101\ncycles: 1\n');
  expect(isFinished(keep, 101, [])).toBe(false);
  keepOutcome(out, keep, 101);
  expect(isFinished(keep, 101, ['unfiltered-equal'])).toBe(true);
  expect(isFinished(keep, 101, ['unfiltered-equal', 'more-sft'])).toBe(false);
  expect(seedsReport(readOutcomes([keep]))).toBe(seedsReport(readOutcomes([out])));
});

test('a seed in two folders, a folder without a seed and a damaged file are refused by name', () => {
  const [one, other, damaged] = [join(folder, 'one'), join(folder, 'other'), join(folder, 'damaged')];
  writeOutcome(one, outcomeOf(7, 0.8, 0.8));
  writeOutcome(other, outcomeOf(7, 0.9, 0.9));
  expect(() => readOutcomes([one, other])).toThrow(/seed 7 is in .*one.* and in .*other/);
  expect(() => readOutcomes([join(folder, 'none')])).toThrow(/none holds no finished seed/);
  mkdirSync(damaged);
  writeFileSync(join(damaged, 'outcomes.json'), '[{ "seed": 1 }]');
  expect(() => readOutcomes([damaged])).toThrow(/outcomes\.json is no outcome of bench:seeds/);
});

test('the most frequent answer is that of the same question, else of its type, among the options', () => {
  const asked = (question: string, answer: string, options: string[]): Sample =>
    makeSample({ question, answer, options });
  const trusted = [
    asked('Which cell?', 'red', ['red', 'white']),
    asked('Which cell?', 'red', ['white', 'red']),
    asked('How many?', '2', ['1', '2']),
  ];
  expect(
    frequentAnswers(trusted, [
      asked('which cell', 'red', ['white', 'red']),
      asked('Which cell?', 'white', ['red', 'white']),
    ]),
  ).toBe(0.5);
  expect(frequentAnswers(trusted, [asked('What number?', '2', ['1', '2'])])).toBe(1);
});
