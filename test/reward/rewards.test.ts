import { describe, expect, expectTypeOf, it } from 'vitest';
import { ConfigError, RewardError } from '../../src/errors.js';
import { medR1Accuracy, medVlmR1Accuracy } from '../../src/reward/accuracy-rewards.js';
import { compositeRewards, ruleRewards } from '../../src/reward/composite-rewards.js';
import { defineReward, type RewardDefinition } from '../../src/reward/define-reward.js';
import { formatScore } from '../../src/reward/response-format.js';
import { preferences } from '../../src/reward/preference-pairs.js';
import {
  accuracyReward,
  answerMatch,
  formatReward,
  rewardModelScore,
  scaleScore,
} from '../../src/reward/ready-made-rewards.js';
import { evaluateRewards, type Reward, type RewardItem } from '../../src/reward/reward.js';
import { makeSample } from '../helpers/sample.js';

const sample = makeSample({ id: 's1', options: ['CT', 'MRI'], answer: 'MRI' });
const item = (completion: string, score: number | null = null): RewardItem => ({
  sample,
  completion,
  rewardModelScore: score,
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
  expect(formatScore('<think>a</think> <answer>b</answer>', 'think-answer')).toBe(1);
  expect(formatScore('<answer>b</answer>', 'think-answer')).toBe(0);
  expect(formatScore('<answer>b</answer>', 'answer-only')).toBe(1);
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

  it('gives no match, rather than 0, where no answer is trusted', async () => {
    const items = [item('<answer>MRI</answer>', 10), item('<answer>MRI</answer>', 10)].map((one, index) => ({
      ...one,
      answerTrusted: index === 0,
    }));
    const scores = await evaluateRewards(compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'unit' }), items);
    expect(scores).toEqual({ rewardModel: [1, 1], answerMatch: [1, null] });
    const rules = ruleRewards({ paper: 'med-r1', format: 'either' });
    expect((await evaluateRewards(rules, items))['accuracy']).toEqual([1, null]);
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

describe('defineReward', () => {
  it('makes a reward of a function over a batch', async () => {
    const brief = defineReward({
      name: 'brief',
      weight: 0.1,
      score: async (batch, { signal }) => {
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return batch.map(({ completion }) => (completion === '' ? null : 1 / completion.length));
      },
    });
    expect(brief).toMatchObject({ name: 'brief', weight: 0.1 });
    expect(defineReward({ name: 'plain', score: () => [] }).weight).toBe(1);
    expect(await evaluateRewards([brief], [item('abcd'), item('')])).toEqual({ brief: [0.25, null] });
  });

  it('refuses a name, weight or time limit that cannot be used', () => {
    const score = () => [];
    for (const wrong of [{ name: '' }, { name: 'a b' }, { name: 'a', weight: NaN }, { name: 'a', timeoutMs: 0 }])
      expect(() => defineReward({ ...wrong, score }), JSON.stringify(wrong)).toThrow(ConfigError);
  });

  it('does not compile with a wrong return', () => {
    // @ts-expect-error one number for a batch
    defineReward({ name: 'a', score: () => 1 });
    // @ts-expect-error text for numbers
    defineReward({ name: 'a', score: (batch) => batch.map(({ completion }) => completion) });
    // @ts-expect-error undefined is not null
    defineReward({ name: 'a', score: async (batch) => batch.map(() => undefined) });
    expectTypeOf<() => boolean[]>().not.toExtend<RewardDefinition['score']>();
    expectTypeOf<() => Promise<(number | null)[]>>().toExtend<RewardDefinition['score']>();
  });

  it('is stopped when its own time is up, and the others with it', async () => {
    const stopped: string[] = [];
    const waiting = (name: string, timeoutMs?: number): Reward =>
      defineReward({
        name,
        timeoutMs,
        score: (_, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              stopped.push(name);
              resolve([0]);
            });
          }),
      });
    await expect(evaluateRewards([waiting('slow', 20), waiting('patient')], [item('x')])).rejects.toMatchObject({
      code: 'reward-timeout',
      message: expect.stringMatching(/"slow" did not answer in time: no answer within 0.02 s/),
    });
    expect(stopped).toEqual(['slow', 'patient']);
  });

  it('has its latency told', async () => {
    let now = 0;
    const taken: [string, number][] = [];
    const reward = defineReward({
      name: 'a',
      score: async () => {
        now += 7;
        return [1];
      },
    });
    await evaluateRewards([reward], [item('x')], { clock: () => now, onLatency: (...latency) => taken.push(latency) });
    expect(taken).toEqual([['a', 7]]);
  });
});

it('ready-made rewards take a name and a weight of the user’s', async () => {
  const rewards = [
    formatReward({ format: 'think-answer', weight: 0.5 }),
    accuracyReward({ paper: 'med-r1', name: 'right' }),
    answerMatch(),
    rewardModelScore({ scale: 'raw' }),
  ];
  expect(rewards.map(({ name, weight }) => [name, weight])).toEqual([
    ['format', 0.5],
    ['right', 1],
    ['answerMatch', 1],
    ['rewardModel', 1],
  ]);
  expect(await evaluateRewards(rewards, [item('<answer>B</answer>', 4)])).toEqual({
    format: [0],
    right: [1],
    answerMatch: [1],
    rewardModel: [4],
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
