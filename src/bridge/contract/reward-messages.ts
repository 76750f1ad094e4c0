/** What a GRPO worker asks for rewards, and the answer: part of the contract. */
import { z } from 'zod';
import { metric } from './job-event.js';

/** Python asks TypeScript for the rewards of one generation batch. */
export const rewardAskSchema = z.strictObject({
  type: z.literal('rewards'),
  step: z.int(),
  items: z.array(
    z.strictObject({
      /** The `id` of the row whose prompt was completed. */
      id: z.string(),
      completion: z.string(),
      rewardModelScore: metric,
    }),
  ),
});
/** A trainer's question for rewards: one item per completion of a generation batch. */
export type RewardAsk = z.output<typeof rewardAskSchema>;

/** The answer: for each reward, one value per item; null means not applicable. */
export const rewardReplySchema = z.strictObject({
  scores: z.record(z.string(), z.array(z.number().nullable())),
  /** How long each reward took, where it was measured; for the `rewards` event, not for Python. */
  milliseconds: z.record(z.string(), z.number()).optional(),
});
/** The answer: by reward, one finite number or null per item, in order; and how long each took (milliseconds). */
export type RewardReply = z.output<typeof rewardReplySchema>;
