/** Mean, spread and latency of each reward of a batch. */
import { expect, test } from 'vitest';
import { jobEventSchema } from '../../src/bridge/contract/contract.js';
import { rewardsEvent } from '../../src/bridge/jobs/reward-event.js';

test('each reward has its figures over the completions that it applies to', () => {
  const event = rewardsEvent(3, { scores: { a: [1, 3, null], none: [null, null, null] }, milliseconds: { a: 1.5 } });
  expect(jobEventSchema.parse(event)).toEqual({
    type: 'rewards',
    step: 3,
    rewards: {
      a: { mean: 2, std: 1, applied: 2, milliseconds: 1.5 },
      none: { mean: null, std: null, applied: 0, milliseconds: null },
    },
  });
});
