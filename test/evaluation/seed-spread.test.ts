/** Mean and spread over seeds, against figures worked out by hand. */
import { expect, test } from 'vitest';
import { spreadOf } from '../../src/evaluation/seed-spread.js';

test('the deviation is that of a sample', () => {
  expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
    n: 8,
    mean: 5,
    deviation: Math.sqrt(32 / 7),
    min: 2,
    max: 9,
  });
});

test('values that are missing are left out and not counted', () => {
  expect(spreadOf([null, 0.5, undefined, 0.7])).toMatchObject({ n: 2, mean: 0.6, min: 0.5, max: 0.7 });
});

test('one value has no deviation, and none has no spread', () => {
  expect(spreadOf([0.25])).toEqual({ n: 1, mean: 0.25, deviation: null, min: 0.25, max: 0.25 });
  expect(spreadOf([null])).toBeNull();
  expect(spreadOf([])).toBeNull();
});
