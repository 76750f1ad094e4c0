/** Class figures, AUROC, McNemar and the bootstrap against scikit-learn's and SciPy's values (test/py/figures/metrics_golden.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { asProbabilities, auroc, oneVsRestAuroc } from '../../src/evaluation/auroc.js';
import { wilsonInterval } from '../../src/evaluation/wilson.js';
import { bootstrapIntervals, quantile } from '../../src/evaluation/bootstrap.js';
import { classFigures, encodeLabels } from '../../src/evaluation/class-metrics.js';
import { mcnemar } from '../../src/evaluation/mcnemar.js';

interface Golden {
  classes: {
    name: string;
    gold: string[];
    predicted: (string | null)[];
    balancedAccuracy: number;
    macroF1: number;
    weightedF1: number;
  }[];
  auroc: { name: string; gold: string[]; labels: string[]; probabilities: number[][]; auroc: number }[];
  mcnemar: { a: number; b: number; p: number }[];
  wilson: { count: number; n: number; low: number; high: number }[];
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'golden', 'metrics.json'), 'utf8')) as Golden;

/** A missing figure is near nothing. */
const near = (actual: number | null, expected: number): boolean =>
  actual !== null && Math.abs(actual - expected) < 1e-9;

describe('as scikit-learn', () => {
  test.each(golden.classes)('classes: $name', ({ gold, predicted, balancedAccuracy, macroF1, weightedF1 }) => {
    const figures = classFigures(encodeLabels(gold, predicted));
    expect(near(figures.balancedAccuracy, balancedAccuracy)).toBe(true);
    expect(near(figures.macroF1, macroF1)).toBe(true);
    expect(near(figures.weightedF1, weightedF1)).toBe(true);
  });

  test.each(golden.auroc)('AUROC: $name', ({ gold, labels, probabilities, auroc: area }) => {
    const rows = gold.map((label, i) => ({
      gold: label,
      probabilities: new Map(labels.map((name, k) => [name, probabilities[i]?.[k] ?? NaN])),
    }));
    expect(near(oneVsRestAuroc(rows), area)).toBe(true);
  });

  test.each(golden.mcnemar)('McNemar: $a and $b', ({ a, b, p }) => {
    const first = [...Array<boolean>(a).fill(true), ...Array<boolean>(b).fill(false), true, false];
    const second = [...Array<boolean>(a).fill(false), ...Array<boolean>(b).fill(true), true, false];
    const result = mcnemar(first, second);
    expect(result).toMatchObject({ onlyFirst: a, onlySecond: b });
    expect(near(result.pValue, p)).toBe(true);
  });
});

describe('what is not defined is null', () => {
  it('without rows, or with one class only', () => {
    const nothing = { balancedAccuracy: null, macroF1: null, weightedF1: null };
    expect(classFigures(encodeLabels([], []))).toEqual(nothing);
    expect(auroc([], [])).toBeNull();
    expect(auroc([0.1, 0.9], [true, true])).toBeNull();
    expect(oneVsRestAuroc([{ gold: 'a', probabilities: new Map([['a', 1]]) }])).toBeNull();
    expect(bootstrapIntervals(0, () => ({ x: null }), { seed: 1, resamples: 3 })).toEqual({ x: null });
  });

  it('labels without an AUROC stay out of the mean', () => {
    const row = (gold: string, a: number): { gold: string; probabilities: Map<string, number> } => ({
      gold,
      probabilities: new Map([
        ['a', a],
        ['b', 1 - a],
        ['never', 0],
      ]),
    });
    expect(oneVsRestAuroc([row('a', 0.8), row('b', 0.3), row('b', 0.9)])).toBe(0.5);
  });

  it('McNemar needs pairs', () => {
    expect(() => mcnemar([true], [])).toThrow('1 and 0');
  });
});

it('reads likelihoods as shares or logarithms', () => {
  expect(asProbabilities([1, 3])).toEqual([0.25, 0.75]);
  expect(asProbabilities([0, 0])).toEqual([0.5, 0.5]);
  const [first = 0, second = 0] = asProbabilities([-1000, -1000 - Math.log(3)]);
  expect(near(first, 0.75)).toBe(true);
  expect(near(second, 0.25)).toBe(true);
  expect(asProbabilities([])).toEqual([]);
});

describe('Wilson', () => {
  it.each(golden.wilson)('$count of $n as SciPy', ({ count, n, low, high }) => {
    const interval = wilsonInterval(count, n);
    expect(interval?.low).toBeCloseTo(low, 9);
    expect(interval?.high).toBeCloseTo(high, 9);
  });

  it('has a width where all are right and where none is, and none without rows', () => {
    expect(wilsonInterval(3, 3)?.low).toBeCloseTo(0.4385, 4);
    expect(wilsonInterval(0, 16)?.high).toBeCloseTo(0.1936, 4);
    expect(wilsonInterval(0, 0)).toBeNull();
  });
});

describe('bootstrap', () => {
  const right = Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? 0 : 1));
  const accuracy = (rows: Int32Array): { accuracy: number } => ({
    accuracy: rows.reduce((sum, row) => sum + (right[row] ?? 0), 0) / rows.length,
  });

  it('comes near the binomial interval and is the same for the same seed', () => {
    const { accuracy: interval } = bootstrapIntervals(200, accuracy, { seed: 1, resamples: 2000 });
    const half = 1.96 * Math.sqrt((0.75 * 0.25) / 200);
    expect(Math.abs((interval?.low ?? 0) - (0.75 - half))).toBeLessThan(0.012);
    expect(Math.abs((interval?.high ?? 0) - (0.75 + half))).toBeLessThan(0.012);
    const again = bootstrapIntervals(200, accuracy, { seed: 1, resamples: 2000 });
    expect(again.accuracy).toEqual(interval);
    expect(bootstrapIntervals(200, accuracy, { seed: 2, resamples: 50, level: 0.5 }).accuracy).not.toEqual(interval);
  });

  it('leaves out resamples in which a figure is not defined', () => {
    let round = 0;
    const figures = (): { x: number | null } => ({ x: round++ % 3 === 2 ? null : (round % 3) / 4 });
    const { x } = bootstrapIntervals(3, figures, { seed: 1, resamples: 30 });
    expect([x?.low, x?.high].every(Number.isFinite)).toBe(true);
  });

  it('has no interval where all resamples give the same: that is no certainty', () => {
    expect(bootstrapIntervals(3, () => ({ x: 1 }), { seed: 1, resamples: 10 })).toEqual({ x: null });
  });

  it('holds its own figure, also a macro F1 of many small classes', () => {
    for (let seed = 0; seed < 12; seed++) {
      const gold = Array.from({ length: 60 }, (_, i) => `class ${(i * 7 + seed) % 25}`);
      const predicted = gold.map((label, i) => ((i + seed) % 3 === 0 ? `class ${i % 25}` : label));
      const labels = encodeLabels(gold, predicted);
      const own = classFigures(labels);
      const intervals = bootstrapIntervals(60, (rows) => ({ ...classFigures(labels, rows) }), { seed, resamples: 200 });
      for (const name of ['balancedAccuracy', 'macroF1', 'weightedF1'] as const) {
        expect(intervals[name]?.low).toBeLessThanOrEqual(own[name] as number);
        expect(intervals[name]?.high).toBeGreaterThanOrEqual(own[name] as number);
      }
    }
  });

  it('takes quantiles as NumPy does', () => {
    expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantile([1, 2, 4, 8], 0.9)).toBeCloseTo(6.8, 12);
    expect(quantile([5], 0.3)).toBe(5);
  });
});
