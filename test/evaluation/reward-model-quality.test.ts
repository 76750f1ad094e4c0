import { expect, test } from 'vitest';
import { heldOutReport, type HeldOutScore } from '../../src/evaluation/reward-model-quality.js';

const score = (sampleId: string, kind: HeldOutScore['kind'], grade: number, value: number): HeldOutScore => ({
  sampleId,
  kind,
  grade,
  score: value,
});
const scores = [
  score('a', 'original', 10, 14),
  score('a', 'mismatch', -6, 1),
  score('a', 'deletion', 0, 12),
  score('b', 'original', 10, 5),
  score('b', 'mismatch', -6, -9),
];
const settings = { allowOverlap: false, nearDuplicates: { text: null, image: null } } as const;

test('a threshold by precision looks at fluent texts only, unless told otherwise', () => {
  const threshold = { precision: 1, minAccepted: 1 };
  const answers = heldOutReport(scores, { ...settings, threshold, calibration: 'answers' });
  expect(answers).toMatchObject({ tau: 1, precision: 1, recall: 1, reached: true, rows: 5, pairwiseAccuracy: 1 });
  // The broken text scores as high as the best, once both are clamped to 10.
  expect(heldOutReport(scores, { ...settings, threshold, calibration: 'all' })).toMatchObject({ reached: false });
});

test('a threshold by number is measured as it is', () => {
  const report = heldOutReport(scores, { ...settings, threshold: 0, calibration: 'answers' });
  expect(report.tau).toBe(0);
  expect(report.precision).toBeCloseTo(2 / 3);
  expect(report.recall).toBe(1);
});
