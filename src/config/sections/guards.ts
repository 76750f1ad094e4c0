/**
 * Section `guards`: what watches the loop, and what an alarm does. Each guard is a switch, or an action of its own; what an alarm
 * is, and from which figures, stands in src/loop/guards/.
 */
import { z } from 'zod';

/**
 * `warn` tells and goes on; `stop` ends the run before more is spent, and the same command with another action goes on; `rollback`
 * goes on from what stood before the cycle that alarmed (before the first cycle there is nothing to go back to, and it stops).
 */
export const alarmActions = ['warn', 'stop', 'rollback'] as const;
export type AlarmAction = (typeof alarmActions)[number];

/** Off, on with the action of `onAlarm`, or on with one of its own. */
const guard = z.union([z.boolean(), z.enum(alarmActions)]).default(true);

export const guardsSchema = z.strictObject({
  /** What an alarm does where its guard has no action of its own: `warn` tells and goes on, `stop` ends the run, `rollback` does the cycle to its end, measures it, and goes on from before it. */
  onAlarm: z.enum(alarmActions).default('warn'),
  /**
   * The gold set: the trusted samples that `grading.heldOut` keeps from the reward model are kept from every other training too
   * (with all samples of their images and patients), and each policy answers them. Off: only the reward model does not see them.
   */
  gold: z.boolean().default(true),
  /** A reward model or policy that is worse on the gold set than the one before, beyond chance, does not take its place. */
  promotion: z.boolean().default(true),
  /** A reward model that orders held-out texts no better than chance, or whose τ cannot reach the precision asked for. */
  uselessRewardModel: guard,
  /** Pairs of texts that a reward model must rank, made from held-out samples: does it prefer the bad one? Costs a scoring. */
  probes: guard,
  /** Many answers of the policy to the gold set that no answer can be read in. */
  unread: guard,
  /** R_φ likes the policy's answers better after GRPO, and fewer of them are right. */
  overOptimisation: guard,
  /** GRPO's groups all alike, its entropy gone, its completions much longer or shorter than before. */
  collapse: guard,
  /** One letter or place among the options takes the answers: of the policy, or of what the generator wrote. */
  answerBias: guard,
  /** One question, answer or rationale fills what the generator wrote. */
  template: guard,
  /** Most of what would be accepted is in D_gen already. */
  duplicates: guard,
  /** The filter takes other modalities than it was given. */
  modalityDrift: guard,
  /** The reward model accepts much less than in the cycle before: the generator has changed, or the reward model has. */
  acceptance: guard,
});
export type GuardsConfig = z.output<typeof guardsSchema>;
/** Guards that raise alarms; `gold` and `promotion` are no alarms but ways to work. */
export type GuardName = Exclude<keyof GuardsConfig, 'onAlarm' | 'gold' | 'promotion'>;

/** What an alarm of this guard does; null where it is off. */
export function actionOf(guards: GuardsConfig, name: GuardName): AlarmAction | null {
  const own = guards[name];
  return own === false ? null : own === true ? guards.onAlarm : own;
}
