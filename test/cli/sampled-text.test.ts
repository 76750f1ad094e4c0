/** What `medgr2 evaluate --samples` prints below the figures of the greedy answers. */
import { expect, test } from 'vitest';
import { sampledText } from '../../src/cli/print/sampled-text.js';
import { sampledReport, type SampledQuestion } from '../../src/evaluation/sampled/sampled-report.js';

const questions = Array.from({ length: 20 }, (_, index): SampledQuestion => ({
  image: String(index % 10),
  modality: index < 10 ? 'CT' : 'MRI',
  questionType: 'disease diagnosis',
  greedy: index % 2 === 0,
  samples: [
    { correct: true, answer: 'a', score: 9 },
    { correct: false, answer: index === 0 ? null : 'b', score: index === 1 ? null : -6 },
  ],
}));

test('every figure with its interval and what it gains over greedy, then groups, then one sentence', () => {
  const text = sampledText(sampledReport(questions));
  expect(text).toMatch(
    /^2 samples of each of 20 questions about 10 images: 1 of 40 without a readable answer, 1 that the/,
  );
  expect(text).toMatch(/^greedy +50\.00 +\d+\.\d\d to \d+\.\d\d$/m);
  expect(text).toMatch(/^pass@2 +100\.00 +none +50\.00 +\d+\.\d\d to \d+\.\d\d$/m);
  expect(text).toMatch(/^CT +10 /m);
  expect(text.split('\n').at(-1)).toBe('GRPO has room: pass@2 100.0 %, best by R_φ 100.0 %, greedy 50.0 %');
});
