/** Several seeds of one comparison as one: figures worked out by hand, and arms or cells that a seed lacks. */
import { expect, test } from 'vitest';
import type { ArmResult, ComparisonResult } from '../../src/loop/comparison/comparison-result.js';
import { poolComparisons, pooledComparisonSchema } from '../../src/loop/comparison/pooled-comparison.js';
import { seedsText } from '../../src/cli/print/seeds-text.js';

const cell = (accuracy: number) => ({
  n: 100,
  correct: Math.round(100 * accuracy),
  unparsed: 2,
  accuracy,
  balancedAccuracy: null,
  macroF1: accuracy,
  weightedF1: null,
});

const arm = (name: string, accuracy: number, samples: number): ArmResult => ({
  name,
  label: name,
  group: null,
  startsFrom: 'phantom',
  trained: [{ stage: 'sft', samples, precision: 0.5, byModality: {}, byQuestionType: {} }],
  ...cell(accuracy),
  auroc: null,
  intervals: { accuracy: null, balancedAccuracy: null, macroF1: null },
  byModality: { CT: cell(accuracy) },
  byQuestionType: {},
  seconds: {},
  paths: { model: 'm', predictions: 'p' },
});

const flows = { n: 1, correctToCorrect: 1, wrongToCorrect: 0, correctToWrong: 0, wrongToWrong: 0 };
const point = (name: string, size: number, accuracy: number) => ({
  arm: name,
  size,
  n: 100,
  accuracy,
  interval: null,
  precision: 0.5,
});

/** Random and top of 60 samples, and all, of which each seed has another number. */
const resultOf = (seed: number, random: number, top: number, all: number): ComparisonResult => ({
  recipe: 'data-scale',
  status: 'complete',
  seed,
  notice: 'No evidence.',
  testQuestions: 100,
  grid: null,
  arms: [arm('random-60', random, 60), arm('top-60', top, 60), arm('all', 0.7, all)],
  curves: [
    { series: 'random', label: 'RandK', points: [point('random-60', 60, random)] },
    { series: 'all', label: 'all', points: [point('all', all, 0.7)] },
  ],
  transitions: [
    { first: 'random-60', second: 'top-60', overall: flows, byModality: {}, byQuestionType: {}, pValue: 1 },
  ],
  seconds: {},
  totalSeconds: 1,
  warnings: [],
  error: null,
});

test('means, deviations and differences are taken seed by seed', () => {
  const pooled = poolComparisons([resultOf(0, 0.5, 0.6, 210), resultOf(1, 0.7, 0.8, 190)]);
  expect(pooledComparisonSchema.parse(pooled)).toEqual(pooled);
  const [random] = pooled.arms;
  expect(random?.accuracy.mean).toBeCloseTo(0.6, 12);
  expect(random?.accuracy.deviation).toBeCloseTo(Math.SQRT2 / 10, 12);
  // Both seeds differ by the same: the difference has no spread, though each arm has.
  expect(pooled.differences[0]?.gain.mean).toBeCloseTo(0.1, 12);
  expect(pooled.differences[0]?.gain.deviation).toBeCloseTo(0, 12);
  expect(pooled.curves.map(({ series, points }) => [series, points.map(({ size }) => size.mean)])).toEqual([
    ['random', [60]],
    ['all', [200]],
  ]);
  const text = seedsText(pooled, 'runs/x');
  expect(text).toMatch(/^random-60 +60 ± 14 +60\.0 ± 14\.1$/m);
  expect(text).toMatch(/^all +SFT +190 to 210 +50 ± 0 /m);
  expect(text).toMatch(/^200 +– +70\.0 ± 0\.0$/m);
  expect(text).toMatch(/^top-60 less random-60 +10\.0 ± 0\.0 +10\.0 +10\.0$/m);
});

test('what a seed lacks counts for the others alone', () => {
  const [one, other] = [resultOf(0, 0.5, 0.6, 200), resultOf(1, 0.7, 0.8, 200)];
  other.arms = other.arms.filter(({ name }) => name !== 'top-60');
  const pooled = poolComparisons([one, other]);
  expect(pooled.arms.find(({ name }) => name === 'top-60')?.accuracy).toMatchObject({ n: 1, deviation: null });
  expect(pooled.differences[0]?.gain).toMatchObject({ n: 1, deviation: null });
});

test('cells of a grid', () => {
  const grid = (gain: number): ComparisonResult['grid'] => ({
    by: 'modality',
    trained: ['CT'],
    tested: ['MRI'],
    cells: [{ arm: 'CT', trained: 'CT', tested: 'MRI', n: 10, correct: 5, accuracy: 0.5 + gain, gain }],
  });
  const results = [0.1, 0.3].map((gain, seed) => ({ ...resultOf(seed, 0.5, 0.5, 9), grid: grid(gain) }));
  const pooled = poolComparisons(results);
  expect(pooled.grid?.cells).toHaveLength(1);
  expect(pooled.grid?.cells[0]?.gain.mean).toBeCloseTo(0.2, 12);
  expect(seedsText(pooled, 'runs/x')).toMatch(/^CT +\+20 ± 14$/m);
  const none = [-0.002, 0].map((gain, seed) => ({ ...resultOf(seed, 0.5, 0.5, 9), grid: grid(gain) }));
  expect(seedsText(poolComparisons(none), 'runs/x')).toMatch(/^CT +\+0 ± 0$/m);
});
