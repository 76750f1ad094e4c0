/** What the rewards of one batch came to, as an event. Pure. */
import type { RewardReply } from '../contract/reward-messages.js';
import type { JobEvent } from '../contract/contract.js';

type RewardsEvent = Extract<JobEvent, { type: 'rewards' }>;

export function rewardsEvent(step: number, { scores, milliseconds = {} }: RewardReply): RewardsEvent {
  const rewards: RewardsEvent['rewards'] = {};
  for (const [name, values] of Object.entries(scores)) {
    const known = values.filter((value) => value !== null);
    rewards[name] = { ...spread(known), applied: known.length, milliseconds: milliseconds[name] ?? null };
  }
  return { type: 'rewards', step, rewards };
}

/** Mean and population standard deviation; null for no values. */
function spread(values: readonly number[]): { mean: number | null; std: number | null } {
  if (values.length === 0) return { mean: null, std: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
