import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { seededRandom } from '../../src/random.js';
import { heldOutReport, rewardModelDifference, type HeldOutScore } from '../../src/evaluation/reward-model-quality.js';

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

/** Texts of so many images, eight each, whose scores follow their grades with some noise. */
function texts(images: number, noise: number, key: string): HeldOutScore[] {
  const random = seededRandom('held-out texts', key);
  return Array.from({ length: 8 * images }, (_, n) => {
    const grade = [10, 6, 0, -6][n % 4] ?? 0;
    const image = `image ${Math.floor(n / 8)}`;
    return {
      sampleId: `${image}/${Math.floor(n / 4)}`,
      grade,
      kind: grade > 0 ? 'original' : 'mismatch',
      score: grade + noise * random.normal(),
      cluster: image,
    };
  });
}

test('figures have intervals that hold them, wider where fewer images are behind them', () => {
  const filter = configSchema.parse({}).filter;
  const report = heldOutReport(texts(60, 8, 'a'), filter);
  const patients = texts(60, 8, 'a').map((row, n) => ({ ...row, cluster: `patient ${Math.floor(n / 160)}` }));
  const few = heldOutReport(patients, filter);
  for (const name of ['spearman', 'pairwiseAccuracy'] as const) {
    const { low = 1, high = 0 } = report.intervals[name] ?? {};
    expect(low).toBeLessThan(report[name] ?? Number.NaN);
    expect(high).toBeGreaterThan(report[name] ?? Number.NaN);
  }
  expect(few.spearman).toBe(report.spearman);
  expect(report.accepted).toBeGreaterThan(0);
});

test('a reward model is compared with another on the same texts', () => {
  const good = texts(60, 4, 'a');
  const worse = texts(60, 12, 'b');
  expect(rewardModelDifference(good, good)).toEqual({ difference: 0, interval: null });
  const lost = rewardModelDifference(good, worse);
  expect(lost.difference).toBeLessThan(0);
  expect(lost.interval?.high).toBeLessThan(0);
  const won = rewardModelDifference(worse, good);
  expect(won.difference).toBeCloseTo(-(lost.difference ?? 0), 12);
  const alike = rewardModelDifference(texts(60, 8, 'c'), texts(60, 8, 'd'));
  expect(alike.interval?.low).toBeLessThan(0);
  expect(alike.interval?.high).toBeGreaterThan(0);
  expect(
    rewardModelDifference(
      good,
      good.map((row) => ({ ...row, score: 1 })),
    ).difference,
  ).toBeNull();
});
