/** The figures that `bench:judge` prints. */
import { expect, test } from 'vitest';
import { judgeOwnCompletions } from './own-completions.js';

test('within questions, over all, and of the best of each', () => {
  const judged = [
    { question: 'a', right: true, score: 2 },
    { question: 'a', right: false, score: 1 },
    { question: 'b', right: true, score: 5 },
    { question: 'b', right: false, score: 9 },
    { question: 'c', right: false, score: 0 },
  ];
  const found = judgeOwnCompletions(judged);
  expect(found.right).toBeCloseTo(2 / 5);
  expect(found.pairs).toBe(1 / 2);
  expect(found.best).toBeCloseTo(1 / 3);
  expect(found.auroc).toBeCloseTo(4 / 6);
});

test('where all are right there is nothing to tell apart', () => {
  expect(judgeOwnCompletions([{ question: 'a', right: true, score: 2 }])).toEqual({
    right: 1,
    auroc: null,
    pairs: null,
    best: 1,
  });
});
