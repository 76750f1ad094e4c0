/** What a job's spec knows of its reward functions: enough that a checkpoint of another one is not gone on from. */
import { expect, test } from 'vitest';
import { rewardSpec } from '../../src/bridge/jobs/answer-rewards.js';
import { defineReward, formatReward } from '../../src/public/rewards.js';

const sources = (...rewards: Parameters<typeof rewardSpec>[0]): unknown[] =>
  rewardSpec(rewards).map(({ source }) => source);

test('a function is known by its text, what it closes over by its version', () => {
  const name = 'brief';
  const [one, same, other] = sources(
    defineReward({ name, score: (batch) => batch.map(() => 1) }),
    defineReward({ name, weight: 2, score: (batch) => batch.map(() => 1) }),
    defineReward({ name, score: (batch) => batch.map(() => 2) }),
  );
  expect(same).toBe(one);
  expect(other).not.toBe(one);
  const of = (limit: number, version?: string) =>
    defineReward({
      name,
      version,
      score: (batch) => batch.map(({ completion }) => (completion.length < limit ? 1 : 0)),
    });
  expect(sources(of(4), of(5))).toEqual(Array(2).fill(sources(of(4))[0]));
  expect(new Set(sources(of(4, '4'), of(5, '5'), of(5))).size).toBe(3);
});

test('ready-made rewards are known by their settings', () => {
  expect(new Set(sources(formatReward({ format: 'think-answer' }), formatReward({ format: 'answer-only' }))).size).toBe(
    2,
  );
});
