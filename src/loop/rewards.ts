/** Answers a GRPO worker's question for rewards: finds each completion's sample and runs the rewards on the batch. */
import type { RewardAsk, RewardReply } from '../bridge/contract.js';
import { RewardError } from '../errors.js';
import { evaluateRewards, type Reward } from '../reward/reward.js';
import type { Sample } from '../sample.js';

export function answerRewards(
  rewards: readonly Reward[],
  samples: readonly Sample[],
): (ask: RewardAsk, signal: AbortSignal) => Promise<RewardReply> {
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  return async ({ items }, signal) => {
    const batch = items.map(({ id, completion, rewardModelScore }) => {
      const sample = byId.get(id);
      if (sample === undefined)
        throw new RewardError('unknown-sample', `the trainer asks for the reward of ${id}, which is not in its data`, {
          where: id,
        });
      return { sample, completion, rewardModelScore };
    });
    return { scores: await evaluateRewards(rewards, batch, { signal }) };
  };
}
