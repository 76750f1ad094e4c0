/** The papers' own rules, letter for letter; each line is what their code pays, also where ours pays otherwise. */
import { describe, expect, it } from 'vitest';
import {
  exactMatch,
  publishedAccuracy,
  publishedFormat,
  publishedLetter,
  publishedWord,
} from '../../src/reward/published.js';
import { ruleRewards } from '../../src/reward/composite.js';
import { evaluateRewards } from '../../src/reward/reward.js';
import { makeSample } from '../helpers/sample.js';

const key = { options: ['CT', 'MRI'], answer: 'MRI' };

describe('accuracy', () => {
  it.each([
    ['<answer>B</answer>', 1, 1],
    ['<answer> b </answer>', 1, 0],
    ['<answer>B)</answer>', 0.5, 0],
    ['<answer>(B)</answer>', 0.5, 0],
    // Letters inside words count: the I of MRI, and b, e, c, a of because.
    ['<answer>B) MRI</answer>', 0, 0],
    ['<answer>B because</answer>', 0, 0],
    ['<answer>A or B</answer>', 0, 0],
    ['<answer>MRI</answer>', 0, 0],
    ['<think>x</think><answer>\nB\n</answer>', 1, 0],
    ['<answer>A</answer><answer>B</answer>', 0, 0],
    // Any text whose only letter of A to J is the solution's.
    ['<answer>not B</answer>', 0.5, 0],
    ['B', 0, 1],
    ['<ANSWER>B</ANSWER>', 1, 0],
    ['', 0, 0],
  ])('%s', (text, medVlmR1, medR1) => {
    expect(publishedAccuracy('medvlm-r1', text, key)).toBe(medVlmR1);
    expect(publishedAccuracy('med-r1', text, key)).toBe(medR1);
  });
});

it('pays the form whatever the blocks hold, and nothing around them', () => {
  expect(publishedFormat('<think></think><answer></answer>', 'think-answer')).toBe(1);
  expect(publishedFormat('<think>a</think>\n<answer>b</answer>', 'think-answer')).toBe(1);
  expect(publishedFormat(' <think>a</think><answer>b</answer>', 'think-answer')).toBe(0);
  expect(publishedFormat('<think>a</think><answer>b</answer>.', 'think-answer')).toBe(0);
  expect(publishedFormat('<answer>b</answer>', 'think-answer')).toBe(0);
  expect(publishedFormat('<answer>b</answer>', 'answer-only')).toBe(1);
  expect(publishedFormat('\n<answer>b</answer>', 'answer-only')).toBe(1);
  expect(publishedFormat('<answer>b</answer>\n', 'answer-only')).toBe(0);
});

it('takes a lone capital for MedVLM-R1’s evaluation', () => {
  expect(publishedLetter('<answer>\n B </answer>')).toBe('B');
  expect(publishedLetter('<answer>b</answer>')).toBeNull();
  expect(publishedLetter('<answer>B)</answer><answer>C</answer>')).toBe('C');
});

it('takes a lone word for Med-R1’s evaluation', () => {
  expect(publishedWord('<answer>\n B </answer>')).toBe('B');
  expect(publishedWord('<answer>b</answer>')).toBe('b');
  expect(publishedWord('<answer>CT</answer><answer>B</answer>')).toBe('CT');
  expect(publishedWord('<answer>B)</answer><answer>C</answer>')).toBe('C');
  expect(publishedWord('<answer>B) CT</answer>')).toBeNull();
});

it('matches exactly but for case, blanks around and a final full stop', () => {
  expect(exactMatch(' Microscopy. ', 'microscopy')).toBe(true);
  expect(exactMatch('<think>x</think><answer>CT</answer>', 'ct.')).toBe(true);
  expect(exactMatch('AMD', 'Age-related Macular Degeneration (AMD)')).toBe(false);
  expect(exactMatch('the liver', 'liver')).toBe(false);
});

it('is chosen by the setting', async () => {
  const sample = makeSample({ id: 's', ...key });
  const items = [{ sample, completion: '<answer>not B</answer>', rewardModelScore: null }];
  const pay = (reading: 'ours' | 'published') =>
    evaluateRewards(ruleRewards({ paper: 'medvlm-r1', format: 'answer-only', reading }), items);
  expect(await pay('published')).toEqual({ format: [1], accuracy: [0.5] });
  expect(await pay('ours')).toEqual({ format: [1], accuracy: [0] });
});
