import { describe, expect, it } from 'vitest';
import {
  accuracyReport,
  pairwiseAccuracy,
  ranks,
  rewardModelReport,
  spearman,
} from '../../src/evaluation/answer-metrics.js';
import { reliabilityTable, thresholdForPrecision, type ScoredRow } from '../../src/evaluation/filter-threshold.js';
import { seededRandom } from '../../src/random.js';

const rows = (text: string): ScoredRow[] =>
  text.split(' ').map((item) => ({ score: Number.parseFloat(item), positive: item.endsWith('+') }));

it('counts accuracy overall, per modality and per question type', () => {
  const base = { unparsed: false, modality: 'CT', questionType: 'lesion grading' } as const;
  const report = accuracyReport([
    { ...base, correct: true },
    { ...base, correct: false, unparsed: true },
    { ...base, correct: true, modality: 'MRI' },
  ]);
  expect(report).toEqual({
    n: 3,
    correct: 2,
    unparsed: 1,
    accuracy: 2 / 3,
    byModality: {
      CT: { n: 2, correct: 1, unparsed: 1, accuracy: 0.5 },
      MRI: { n: 1, correct: 1, unparsed: 0, accuracy: 1 },
    },
    byQuestionType: { 'lesion grading': { n: 3, correct: 2, unparsed: 1, accuracy: 2 / 3 } },
  });
  expect(() => accuracyReport([])).toThrow('no questions');
});

describe('reward-model figures', () => {
  it('averages tied ranks, as scipy does', () => {
    expect(ranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
    expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826816681233, 12);
    expect(spearman([1, 2], [2, 2])).toBeNull();
    expect(spearman([1], [1])).toBeNull();
  });

  it('reports error, order and means per grade', () => {
    const items = [
      { score: 8, grade: 10, group: 'a' },
      { score: 9, grade: 6, group: 'a' },
      { score: -4, grade: -6, group: 'a' },
      { score: 9, grade: 10, group: 'b' },
      { score: 9, grade: 0, group: 'b' },
    ];
    const report = rewardModelReport(items);
    expect(report).toMatchObject({ mae: 3.4, meanByGrade: { '10': 8.5, '6': 9, '0': 9, '-6': -4 } });
    expect(report.pairwiseAccuracy).toBe((2 + 0.5) / 4);
    expect(Object.keys(rewardModelReport(items).meanByGrade)).toContain('-6');
    expect(pairwiseAccuracy([{ score: 1, grade: 0 }])).toBeNull();
    expect(rewardModelReport([])).toEqual({ mae: null, spearman: null, pairwiseAccuracy: null, meanByGrade: {} });
  });
});

describe('thresholdForPrecision', () => {
  it('takes the smallest threshold that reaches the precision', () => {
    expect(thresholdForPrecision(rows('9+ 8+ 7- 6+ 5+ 4- 3-'), 0.8)).toEqual({
      tau: 4,
      precision: 0.8,
      recall: 1,
      accepted: 5,
      reached: true,
    });
    expect(thresholdForPrecision(rows('9+ 8+ 7- 6+ 5+ 4- 3-'), 0.9)).toMatchObject({
      tau: 7,
      precision: 1,
      recall: 0.5,
    });
    expect(thresholdForPrecision(rows('2+ 1+'), 0.9)).toMatchObject({ tau: 0, accepted: 2, reached: true });
  });

  it('keeps equal scores together', () => {
    expect(thresholdForPrecision(rows('9+ 8+ 8- 7-'), 0.9)).toMatchObject({ tau: 8, accepted: 1, precision: 1 });
  });

  it('says when the precision is out of reach and takes the best', () => {
    expect(thresholdForPrecision(rows('9- 8+ 7+ 6-'), 0.9)).toMatchObject({ tau: 6, precision: 2 / 3, reached: false });
    expect(thresholdForPrecision(rows('9- 8-'), 0.5)).toEqual({
      tau: 9,
      precision: 0,
      recall: 0,
      accepted: 0,
      reached: false,
    });
    expect(thresholdForPrecision(rows('9+ 8- 7+'), 0.9, { minAccepted: 2 })).toMatchObject({
      accepted: 3,
      reached: false,
    });
    expect(() => thresholdForPrecision([], 0.9)).toThrow('no held-out');
  });

  it('weights the classes to the assumed share of positives', () => {
    const half = rows('9+ 8- 7+ 6-');
    expect(thresholdForPrecision(half, 0.6).precision).toBe(2 / 3);
    expect(thresholdForPrecision(half, 0.6, { prior: 0.9 })).toMatchObject({ tau: 5, precision: 0.9, recall: 1 });
    expect(thresholdForPrecision(half, 0.6, { prior: 0.1 })).toMatchObject({ tau: 8, precision: 1 });
  });

  it('agrees with a search over all thresholds on random rows', () => {
    for (let round = 0; round < 200; round++) {
      const random = seededRandom('threshold', round);
      const scored = Array.from({ length: 1 + random.int(12) }, () => ({
        score: random.int(8),
        positive: random.next() < 0.6,
      }));
      const found = thresholdForPrecision(scored, 0.75);
      const reaching = [-1, 0, 1, 2, 3, 4, 5, 6, 7].filter((tau) => {
        const accepted = scored.filter((row) => row.score > tau);
        return accepted.length > 0 && accepted.filter((row) => row.positive).length / accepted.length >= 0.75;
      });
      expect(found.reached).toBe(reaching.length > 0);
      const accepts = (tau: number): number => scored.filter((row) => row.score > tau).length;
      if (found.reached) expect(accepts(found.tau)).toBe(accepts(Math.min(...reaching)));
      expect(found.accepted).toBe(accepts(found.tau));
    }
  });
});

it('tables the share of positives by score', () => {
  const table = reliabilityTable(rows('-9- -6- 1+ 1.5- 10+ 12+'));
  expect(table.map((bin) => [bin.from, bin.n, bin.positiveShare])).toEqual([
    [-6, 2, 0],
    [-4, 0, null],
    [-2, 0, null],
    [0, 2, 0.5],
    [2, 0, null],
    [4, 0, null],
    [6, 0, null],
    [8, 2, 1],
  ]);
});
