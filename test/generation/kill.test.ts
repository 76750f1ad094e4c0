/** kill -9 in the middle of a generation: nothing is lost, only what was in flight is asked twice. See bench:kill. */
import { expect, it } from 'vitest';
import { killRepeatedly } from './kills.js';

it('survives kill -9 at random moments', { timeout: 240_000 }, async () => {
  const outcome = await killRepeatedly({ requests: 300, kills: 2, seed: 1, latencyMs: 10 });
  expect(outcome.killed).toEqual(outcome.undisturbed);
  expect(outcome.distinctAnswered).toBe(300);
  expect(Math.max(...outcome.lost)).toBeLessThanOrEqual(outcome.concurrency);
  // Whatever was in the cache is never asked again: only what was answered in the instant of a kill.
  expect(outcome.repeatedAnswered).toBe(outcome.lost.reduce((sum, count) => sum + count, 0));
});

it('survives kill -9 in batches, and asks nothing twice', { timeout: 240_000 }, async () => {
  const outcome = await killRepeatedly({ requests: 40, kills: 1, seed: 1, latencyMs: 5, mode: 'openai' });
  expect(outcome.killed).toEqual(outcome.undisturbed);
  expect(outcome.distinctAnswered).toBe(40);
  expect(outcome.repeatedAnswered).toBe(0);
});
