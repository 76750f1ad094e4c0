import { describe, expect, it } from 'vitest';
import { RewardError } from '../../src/errors.js';
import { medR1Accuracy, medVlmR1Accuracy } from '../../src/reward/accuracy.js';
import { compositeRewards, ruleRewards, scaleScore } from '../../src/reward/composite.js';
import { formatReward } from '../../src/reward/format.js';
import { preferences } from '../../src/reward/preferences.js';
import { evaluateRewards, type Reward, type RewardItem } from '../../src/reward/reward.js';
import { makeSample } from '../helpers/sample.js';

const sample = makeSample({ id: 's1', options: ['CT', 'MRI'], answer: 'MRI' });
const item = (completion: string, rewardModelScore: number | null = null): RewardItem => ({
  sample,
  completion,
  rewardModelScore,
});

describe('accuracy', () => {
  it.each([
    ['<think>x</think><answer>B</answer>', 1, 1],
    ['<answer>MRI</answer>', 1, 1],
    ['<answer>B) MRI</answer>', 1, 0.5],
    ['<answer>B because of the contrast</answer>', 1, 0.5],
    ['<answer>an MRI image</answer>', 1, 0],
    ['<answer>A</answer>', 0, 0],
    ['MRI', 1, 0],
    ['<answer></answer>', 0, 0],
  ])('%s', (text, medR1, medVlmR1) => {
    expect(medR1Accuracy(text, sample)).toBe(medR1);
    expect(medVlmR1Accuracy(text, sample)).toBe(medVlmR1);
  });
});

it('rewards the format asked for', () => {
  expect(formatReward('<think>a</think> <answer>b</answer>', 'think-answer')).toBe(1);
  expect(formatReward('<answer>b</answer>', 'think-answer')).toBe(0);
  expect(formatReward('<answer>b</answer>', 'answer-only')).toBe(1);
});

describe('composite', () => {
  it('is equation 3 on the raw scale and comparable parts on the unit scale', async () => {
    const items = [item('<answer>MRI</answer>', 12), item('<answer>CT</answer>', -6)];
    const raw = await evaluateRewards(compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'raw' }), items);
    expect(raw).toEqual({ rewardModel: [10, -6], answerMatch: [1, 0] });
    const unit = await evaluateRewards(compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'unit' }), items);
    expect(unit).toEqual({ rewardModel: [1, 0], answerMatch: [1, 0] });
    expect(scaleScore(2, 'unit')).toBe(0.5);
  });

  it('refuses a missing reward-model score', async () => {
    const rewards = compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'unit' });
    await expect(evaluateRewards(rewards, [item('x')])).rejects.toMatchObject({
      code: 'reward-model-score-missing',
      where: 's1',
    });
  });

  it('offers the rule rewards of both papers', async () => {
    const items = [item('<think>x</think><answer>B) MRI</answer>')];
    expect(await evaluateRewards(ruleRewards({ paper: 'medvlm-r1', format: 'think-answer' }), items)).toEqual({
      format: [1],
      accuracy: [0.5],
    });
    expect(await evaluateRewards(ruleRewards({ paper: 'med-r1', format: 'answer-only' }), items)).toEqual({
      format: [0],
      accuracy: [1],
    });
  });
});

describe('evaluateRewards', () => {
  const reward = (score: Reward['score']): Reward => ({ name: 'mine', weight: 1, score });

  it.each([
    ['reward-not-finite', reward(() => [Number.NaN])],
    ['reward-not-finite', reward(() => [undefined as unknown as number])],
    ['reward-count', reward(() => [])],
    ['reward-count', reward(() => 1 as unknown as number[])],
    ['reward-threw', reward(() => Promise.reject(new Error('boom')))],
  ])('%s', async (code, broken) => {
    const failure = evaluateRewards([broken], [item('x')]);
    await expect(failure).rejects.toBeInstanceOf(RewardError);
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining('mine') });
  });

  it('stops at the caller’s time limit', async () => {
    const slow = reward(() => new Promise(() => {}));
    await expect(evaluateRewards([slow], [item('x')], { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      code: 'reward-timeout',
    });
  });

  it('lets null through and keeps names apart', async () => {
    expect(await evaluateRewards([reward(() => [null])], [item('x')])).toEqual({ mine: [null] });
    await expect(evaluateRewards([reward(() => [0]), reward(() => [0])], [item('x')])).rejects.toMatchObject({
      code: 'reward-name-repeated',
    });
  });
});

it('grades and pairs completions of one prompt', () => {
  const texts = [
    '<answer>MRI</answer>',
    '<think>x</think><answer>MRI</answer>',
    '<answer>CT</answer>',
    'hm',
    '<answer>CT</answer>',
  ];
  const { rows, pairs } = preferences(
    texts.map((completion) => ({ sample, completion })),
    { format: 'think-answer' },
  );
  expect(rows.map((row) => row.grade)).toEqual([6, 10, -6, 0]);
  expect(pairs.map((pair) => [pair.chosen, pair.rejected])).toEqual([
    [texts[1], texts[2]],
    [texts[0], texts[3]],
  ]);
  expect(rows.map((row) => row.chosen)).toEqual([true, true, false, false]);
});
