/** Answers a GRPO worker's question for rewards: finds each completion's sample and runs the rewards on the batch. */
import { RewardError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { evaluateRewards, type Reward } from '../../reward/reward.js';
import type { Sample } from '../../sample.js';
import type { RewardAsk, RewardReply } from '../contract/reward-messages.js';

/**
 * The `rewards` hook of a GRPO job.
 * @param samples all samples that the job's rows were made from; a row's `id` is its sample's.
 * @param trusted ids of those whose answers may be compared with; all of them where it is null.
 * @example
 * engine.grpo({ ...spec, rewards: rewardSpec(rewards) }, { rewards: answerRewards(rewards, samples) });
 */
export function answerRewards(
  rewards: readonly Reward[],
  samples: readonly Sample[],
  trusted: ReadonlySet<string> | null = null,
): (ask: RewardAsk, signal: AbortSignal) => Promise<RewardReply> {
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  return async ({ items }, signal) => {
    const batch = items.map(({ id, completion, rewardModelScore }) => {
      const sample = byId.get(id);
      if (sample === undefined)
        throw new RewardError('unknown-sample', `the trainer asks for the reward of ${id}, which is not in its data`, {
          where: id,
        });
      return { sample, completion, rewardModelScore, answerTrusted: trusted === null || trusted.has(id) };
    });
    const milliseconds: Record<string, number> = {};
    const scores = await evaluateRewards(rewards, batch, {
      signal,
      clock: () => performance.now(),
      onLatency: (name, taken) => void (milliseconds[name] = taken),
    });
    return { scores, milliseconds };
  };
}

/** Names and weights as a GRPO job's spec has them, and what can be known of the functions: another makes another job. */
export function rewardSpec(rewards: readonly Reward[]): { name: string; weight: number; source: string }[] {
  return rewards.map((reward) => ({ name: reward.name, weight: reward.weight, source: sourceOf(reward) }));
}

/** Of its text and its version: what a function closes over cannot be seen. */
const sourceOf = ({ score, version = '' }: Reward): string => sha256(`${version}\n${String(score)}`).slice(0, 12);
