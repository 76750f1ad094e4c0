/** The simulated teacher of a pool whose questions are answered. */
import { describe, expect, test } from 'vitest';
import { errorRatesOf } from '../../../src/config/sections/generation.js';
import { labelledTeacher } from '../../../src/dataset/sources/labelled-teacher.js';
import { strategies, type Sample } from '../../../src/sample.js';
import { makeSample } from '../../helpers/sample.js';

const errorRates = { direct: 0.5, 'step-by-step': 0.3, 'meta-cognitive': 0 };
const samples = Array.from({ length: 400 }, (_, n): Sample =>
  makeSample({
    id: `s${n}`,
    imageHash: `hash ${n}`,
    question: 'What does the image show?',
    options: ['cyst', 'tumour', 'scar'],
    answer: n % 2 ? 'cyst' : 'tumour',
    rationale: `The features fit ${n % 2 ? 'cyst' : 'tumour'}.`,
    questionType: 'disease diagnosis',
  }),
);
const replies = (seed: number, strategy: (typeof strategies)[number], rates = errorRates) => {
  const book = labelledTeacher({ samples, seed, errorRates: rates });
  return samples.map(({ imageHash }) => book.reply({ imageHash, strategy, questionType: 'disease diagnosis' }));
};

describe('the teacher of a labelled pool', () => {
  test('errs at the rate of the strategy, on the same questions each time, and argues for what it says', () => {
    for (const strategy of strategies) {
      const said = replies(1, strategy);
      const wrong = said.filter((reply, n) => reply?.answer !== samples[n]?.answer);
      expect(Math.abs(wrong.length / samples.length - errorRates[strategy])).toBeLessThan(0.07);
      for (const reply of said) expect(reply?.rationale).toBe(`The features fit ${reply?.answer}.`);
      expect(replies(1, strategy)).toEqual(said);
    }
    expect(replies(2, 'direct')).not.toEqual(replies(1, 'direct'));
  });

  test('knows nothing of other images and types', () => {
    const book = labelledTeacher({ samples, seed: 0, errorRates });
    expect(book.reply({ imageHash: 'other', strategy: 'direct', questionType: 'disease diagnosis' })).toBeNull();
    expect(book.reply({ imageHash: 'hash 1', strategy: 'direct', questionType: 'lesion grading' })).toBeNull();
  });

  test('takes one rate for all strategies', () => {
    expect(errorRatesOf({ errorRate: 0.2, errorRates })).toEqual({
      direct: 0.2,
      'step-by-step': 0.2,
      'meta-cognitive': 0.2,
    });
    expect(errorRatesOf({ errorRates })).toBe(errorRates);
  });
});
