/** The events of a job: part of the contract, in a file of its own. */
import { z } from 'zod';

/** Numbers are finite; what Python could not compute (NaN, Infinity) arrives as null. */
export const metric = z.number().nullable();

/** What a job tells while it works. */
export const jobEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('job-start'),
    kind: z.string(),
    pid: z.int(),
    device: z.string(),
    parameters: z.int().nullable(),
    /** The last checkpoint a trainer goes on from, or null for a fresh start. */
    resumedFrom: z.string().nullable(),
    /** A trainer's parameters that learn, by part: `language`, `vision`, `head`, `language-adapters`, `vision-adapters`. */
    trainable: z.record(z.string(), z.int()).optional(),
  }),
  /** One logging step of a trainer. */
  z.strictObject({
    type: z.literal('train-step'),
    step: z.int(),
    totalSteps: z.int(),
    epoch: metric,
    loss: metric,
    learningRate: metric,
    gradNorm: metric,
    /** Tokens seen so far. */
    tokens: metric,
    /** Mean wall seconds per optimiser step since the last event. */
    stepSeconds: metric,
    /** GRPO only. */
    grpo: z
      .strictObject({
        reward: metric,
        rewardStd: metric,
        /**
         * Mean and standard deviation of each reward, before weighting; of the groups that it applies to, the share in which all
         * completions got the same of it.
         */
        rewards: z.record(z.string(), z.strictObject({ mean: metric, std: metric, deadGroups: metric.optional() })),
        /** Only where a KL penalty is used. */
        kl: metric,
        completionLength: metric,
        /** Share of groups whose completions all got the same reward: they teach nothing. */
        deadGroups: metric,
        entropy: metric,
        /** Share of groups left out by difficulty: all right or all wrong by the reward that the spec names. */
        leftOut: metric.optional(),
      })
      .nullable(),
  }),
  /** A few completions of the current GRPO batch with their rewards. */
  z.strictObject({
    type: z.literal('completions'),
    step: z.int(),
    items: z.array(
      z.strictObject({
        id: z.string(),
        completion: z.string(),
        rewards: z.record(z.string(), metric),
        rewardModelScore: metric,
      }),
    ),
  }),
  /** What TypeScript's rewards gave to one batch; made in TypeScript when it answers. */
  z.strictObject({
    type: z.literal('rewards'),
    step: z.int(),
    rewards: z.record(
      z.string(),
      z.strictObject({
        /** Before weighting, over the completions that it applies to; null where it applies to none. */
        mean: metric,
        std: metric,
        /** Completions with a number rather than null. */
        applied: z.int(),
        /** How long the reward took; null where it was not measured. */
        milliseconds: metric,
      }),
    ),
  }),
  z.strictObject({ type: z.literal('progress'), done: z.int(), total: z.int() }),
  /** Scoring: the scores so far, clamped, in 32 bins of equal width from -6 to 10; and some of the newest, as they came. */
  z.strictObject({
    type: z.literal('scores'),
    counts: z.array(z.int()),
    newest: z.array(z.strictObject({ id: z.string(), score: z.number() })).optional(),
  }),
  z.strictObject({ type: z.literal('checkpoint'), step: z.int(), path: z.string() }),
  /** At a job's end, however it ends: the most memory held at once, allocated on the GPU or resident on the machine, in bytes. */
  z.strictObject({ type: z.literal('memory'), of: z.enum(['gpu', 'process']), peak: z.int() }),
  z.strictObject({ type: z.literal('warning'), message: z.string() }),
]);
/**
 * What a job tells while it works, told apart by `type`: `train-step`, `rewards`, `progress`, `checkpoint`, `warning`, …
 */
export type JobEvent = z.output<typeof jobEventSchema>;
