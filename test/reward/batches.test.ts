/** What rewards are given, and what they may give back. */
import { expect, test } from 'vitest';
import { defineReward } from '../../src/reward/define-reward.js';
import { evaluateRewards, type RewardItem } from '../../src/reward/reward.js';
import { makeSample } from '../helpers/sample.js';

const sample = makeSample({ id: 's', options: ['CT', 'MRI'], answer: 'CT' });
const items: RewardItem[] = [
  { sample, completion: 'A', rewardModelScore: 1 },
  { sample, completion: 'B', rewardModelScore: 2 },
];

test('no reward can change what another sees, nor the samples of the caller', async () => {
  const spoil = (change: (item: RewardItem, batch: RewardItem[]) => unknown) =>
    defineReward({ name: 'spoiler', score: (batch) => batch.map((item) => (change(item, batch as RewardItem[]), 0)) });
  const changes = [
    (item: RewardItem) => Object.assign(item, { completion: 'mine' }),
    (item: RewardItem) => Object.assign(item.sample, { answer: 'MRI' }),
    (item: RewardItem) => item.sample.options.push('PET'),
    (item: RewardItem) => Object.assign(item.sample.provenance, { cycle: 9 }),
    (_: RewardItem, batch: RewardItem[]) => batch.reverse(),
  ];
  for (const change of changes)
    await expect(evaluateRewards([spoil(change)], items)).rejects.toThrow(/read.only|not extensible/);
  sample.options = [...sample.options]; // the caller's own stay free
  expect([sample.answer, items.map(({ completion }) => completion)]).toEqual(['CT', ['A', 'B']]);
});

test('typed arrays are scores like any other', async () => {
  const of = (name: string, values: Float32Array | Int8Array) => defineReward({ name, score: () => values });
  const rewards = [of('halves', new Float32Array([0.5, 1])), of('whole', new Int8Array([-1, 1]))];
  expect(await evaluateRewards(rewards, items)).toEqual({ halves: [0.5, 1], whole: [-1, 1] });
  const wrong = evaluateRewards([of('nan', new Float32Array([0, Number.NaN]))], items);
  await expect(wrong).rejects.toMatchObject({ code: 'reward-not-finite' });
  await expect(evaluateRewards([of('one', new Int8Array(1))], items)).rejects.toThrow('returned 1 values for 2');
});
