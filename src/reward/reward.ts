/** What a reward is, and the one place that runs them and refuses values that are no rewards. */
import { Medgr2Error, RewardError, messageOf } from '../errors.js';
import type { Sample } from '../sample.js';

/** One completion to be judged. */
export interface RewardItem {
  /** The sample whose question was put to the policy. */
  sample: Sample;
  completion: string;
  /** R_φ's raw score of the completion; null where the run has no reward model. */
  rewardModelScore: number | null;
}

export interface RewardContext {
  /** Aborts when the job is cancelled or the caller's time limit is over. */
  signal?: AbortSignal | undefined;
}

/** A named, weighted judgement of completions. The trainer adds weight × score over all rewards. */
export interface Reward {
  readonly name: string;
  readonly weight: number;
  /** One value per item, in order; null means that the reward does not apply to the item. */
  score(batch: readonly RewardItem[], context: RewardContext): Promise<(number | null)[]> | (number | null)[];
}

/**
 * Runs all rewards on one batch. Throws a RewardError that names the reward (and the sample) when one throws, is
 * aborted, or returns anything but one finite number or null per item: a broken reward never counts as 0.
 */
export async function evaluateRewards(
  rewards: readonly Reward[],
  items: readonly RewardItem[],
  context: RewardContext = {},
): Promise<Record<string, (number | null)[]>> {
  const names = rewards.map((reward) => reward.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RewardError('reward-name-repeated', `Two rewards are named "${twice}".`, {
      remedy: 'Give each reward a name of its own.',
    });
  }
  const scores = await Promise.all(rewards.map((reward) => scoresOf(reward, items, context)));
  return Object.fromEntries(names.map((name, i) => [name, scores[i] ?? []]));
}

async function scoresOf(
  reward: Reward,
  items: readonly RewardItem[],
  context: RewardContext,
): Promise<(number | null)[]> {
  let scores: unknown;
  try {
    scores = await untilAborted(async () => reward.score(items, context), context.signal);
  } catch (error) {
    if (context.signal?.aborted === true) throw abortedError(reward, context.signal);
    if (error instanceof Medgr2Error) throw error;
    throw new RewardError('reward-threw', `Reward "${reward.name}" failed: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Mend the reward function; a completion that cannot be judged may get null.',
    });
  }
  if (!Array.isArray(scores) || scores.length !== items.length) {
    const got = Array.isArray(scores) ? `${scores.length} values` : `a value of type ${typeof scores}`;
    throw new RewardError('reward-count', `Reward "${reward.name}" returned ${got} for ${items.length} completions.`, {
      remedy: 'Return one number or null per completion, in order.',
    });
  }
  return items.map((item, i) => {
    const score: unknown = scores[i];
    if (score === null || (typeof score === 'number' && Number.isFinite(score))) return score;
    throw new RewardError(
      'reward-not-finite',
      `Reward "${reward.name}" gave ${String(score)} to sample ${item.sample.id}.`,
      {
        where: item.sample.id,
        remedy: 'Return a finite number, or null where the reward does not apply.',
      },
    );
  });
}

function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

function abortedError(reward: Reward, signal: AbortSignal): RewardError {
  const late = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return new RewardError(
    late ? 'reward-timeout' : 'reward-aborted',
    late
      ? `Reward "${reward.name}" did not answer in time.`
      : `Reward "${reward.name}" was stopped before it answered.`,
    { cause: signal.reason, remedy: late ? 'Make the reward faster or allow it more time.' : undefined },
  );
}
