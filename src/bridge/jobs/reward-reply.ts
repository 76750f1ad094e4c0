/** Rewards on their way to Python: one finite number or null for each completion, for each reward, or an error that says which. */
import { RewardError } from '../../errors.js';
import { rewardReplySchema, type RewardAsk, type RewardReply } from '../contract/reward-messages.js';

/** `names`: the rewards the job expects; null where the job does not say. Throws a RewardError. */
export function checkRewardReply(reply: unknown, ask: RewardAsk, names: readonly string[] | null): RewardReply {
  const parsed = rewardReplySchema.safeParse(reply);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const [, name, index] = issue?.path ?? [];
    const sample = typeof index === 'number' ? ask.items[index]?.id : undefined;
    const about = name === undefined ? 'The rewards' : `The reward \`${String(name)}\``;
    throw new RewardError('reward-invalid', `${about} cannot be used: ${issue?.message ?? 'wrong form'}.`, {
      where: sample === undefined ? undefined : `sample ${sample}`,
      remedy: 'A reward returns one finite number, or null for "not applicable", for each completion.',
    });
  }
  const { scores } = parsed.data;
  for (const name of names ?? Object.keys(scores)) {
    const count = scores[name]?.length;
    if (count !== ask.items.length) {
      const problem = count === undefined ? 'is missing' : `has ${count} values for ${ask.items.length} completions`;
      throw new RewardError('reward-count', `The reward \`${name}\` ${problem}.`, {
        remedy: 'A reward returns one value for each completion, in their order.',
      });
    }
  }
  return parsed.data;
}
