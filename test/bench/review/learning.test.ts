/** The simulated reader, and the table of `bench:review --learn`. No training. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/random.js';
import { makeSample } from '../../helpers/sample.js';
import { learningTable } from './learning-table.js';
import type { LearningOutcome } from './learning.js';
import { judgeSample } from './simulated-reader.js';

test('a reader accepts what is true and corrects what is not; one who errs does the opposite', () => {
  const sample = makeSample({ options: ['cyst', 'nodule', 'no finding'], answer: 'cyst' });
  const random = seededRandom('reader');
  const says = (truth: string | null, errs: boolean) => judgeSample(sample, truth, errs, random);
  expect(says('cyst', false)).toEqual({ verdict: 'accept' });
  expect(says('nodule', false)).toEqual({ verdict: 'wrong-answer', correctedAnswer: 'nodule' });
  expect(says('nodule', true)).toEqual({ verdict: 'accept' });
  expect(says('cyst', true)).toEqual({
    verdict: 'wrong-answer',
    correctedAnswer: expect.stringMatching(/^(nodule|no finding)$/),
  });
  expect(says(null, false)).toEqual({ verdict: 'bad-question' });
  expect(judgeSample({ ...sample, options: [] }, 'nodule', false, random)).toEqual({ verdict: 'wrong-answer' });
});

test('arms are compared seed by seed', () => {
  const of = (seed: number, arm: LearningOutcome['arm'], spearman: number, judgedRight: number | null = null) => ({
    seed,
    arm,
    spearman,
    auroc: null,
    tau: 3,
    reached: true,
    accepted: 0.5,
    precision: 0.9,
    judgedRight,
    seconds: 1,
  });
  const table = learningTable([
    of(31, 'without', 0.8),
    of(31, 'desk', 0.82, 0.7),
    of(32, 'without', 0.6),
    of(32, 'desk', 0.64, 0.8),
  ]);
  expect(table).toContain('Seeds 31, 32;');
  expect(table).toMatch(/\| without \| 0\.700 ± 0\.141 \| – \|/);
  expect(table).toMatch(/\| desk \| 0\.730 ± 0\.127 \|.*\| 0\.75 ± 0\.07 \|/);
  // ± 12.706 · 0.01414 / √2
  expect(table).toMatch(/\| desk − without \| \+0\.030 \(−0\.097 to \+0\.157\) \|/);
  expect(table).toMatch(/\| desk − trusted \| – \|/);
});
