/** Flows between right and wrong of two models, and what may not be compared. */
import { describe, expect, test } from 'vitest';
import { transitions, transitionsSchema, type Outcome } from '../../src/evaluation/transitions.js';

const outcome = (id: string, correct: boolean, modality = 'CT'): Outcome => ({
  id,
  correct,
  modality,
  questionType: 'disease diagnosis',
});
const compare = (first: Outcome[], second: Outcome[]) =>
  transitions({ name: 'a', outcomes: first }, { name: 'b', outcomes: second });

describe('transitions', () => {
  const first = [outcome('1', true), outcome('2', false), outcome('3', true, 'MRI'), outcome('4', false, 'MRI')];
  // In another order: what counts is the id.
  const second = [outcome('4', false, 'MRI'), outcome('3', false, 'MRI'), outcome('2', true), outcome('1', true)];

  test('count each flow, overall and per modality', () => {
    const found = compare(first, second);
    expect(found.overall).toEqual({ n: 4, correctToCorrect: 1, wrongToCorrect: 1, correctToWrong: 1, wrongToWrong: 1 });
    expect(found.byModality['CT']).toEqual({
      n: 2,
      correctToCorrect: 1,
      wrongToCorrect: 1,
      correctToWrong: 0,
      wrongToWrong: 0,
    });
    expect(found.byModality['MRI']).toMatchObject({ correctToWrong: 1, wrongToWrong: 1 });
    expect(found.pValue).toBe(1);
    expect(transitionsSchema.parse(found)).toEqual(found);
  });

  test('refuse models that did not answer the same questions', () => {
    expect(() => compare(first, second.slice(1))).toThrow(/only one of a and b answered the question 4/);
    expect(() => compare(first.slice(1), second)).toThrow(/question 1/);
    expect(() => compare([...first, outcome('1', true)], second)).toThrow(/several to one question/);
    expect(() => compare([], [])).toThrow(/have no answers/);
  });
});
