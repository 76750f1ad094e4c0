/** What a run tells while it works. events.jsonl holds one per line; screens, reports and `--json` read the same union. */
import { z } from 'zod';
import { jobEventSchema } from '../bridge/contract/contract.js';
import { stagePlanSchema } from './stage-plan.js';
import { stageDetailSchema } from './stage-detail.js';
import { stageNameSchema } from './stage-names.js';
import { stageWorkSchema } from './foresight/work-schema.js';
import { policyComparisonSchema } from './result/policy-comparison.js';
import { alarmSchema, promotionSchema } from './guards/alarm.js';

export { stageNames, type BuiltInStage, type OwnStageName, type StageName } from './stage-names.js';

const stage = {
  cycle: z.int().min(0),
  stage: stageNameSchema,
  /** Of a comparison; left out for the loop and for what all arms share. */
  arm: z.string().optional(),
};
const metrics = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));

/** A candidate as people look at it; `image` is relative to the run folder where it lies within it. */
const newestSampleSchema = z.strictObject({
  image: z.string(),
  modality: z.string(),
  questionType: z.string(),
  question: z.string(),
  answer: z.string(),
});
export type NewestSample = z.output<typeof newestSampleSchema>;

/** What a policy and the one before any training answer to a test question; null where no answer could be read. */
const answeredSchema = z.strictObject({
  sample: newestSampleSchema,
  before: z.string().nullable(),
  now: z.string().nullable(),
  wasRight: z.boolean(),
  isRight: z.boolean(),
});
export type AnsweredQuestion = z.output<typeof answeredSchema>;

/** The form of a line of events.jsonl, but for its `time`. */
export const runEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run-start'),
    runDir: z.string(),
    seed: z.int(),
    cycles: z.int(),
    /** Arms of a comparison, in order; left out for the loop. */
    arms: z.array(z.string()).optional(),
    /** Whether the folder held finished stages already. */
    resumed: z.boolean(),
    /** Only of runs recorded before there was the event of that name. */
    notice: z.string().optional(),
    /** The stages to come; runs recorded before there was one have none. */
    plan: stagePlanSchema.optional(),
  }),
  /** Of a comparison, told with the data open: its arms in order, with the names that tables print. */
  z.strictObject({ type: z.literal('arms'), arms: z.array(z.strictObject({ name: z.string(), label: z.string() })) }),
  /** What the data is, and what results on it are no evidence for; told when the data has been opened. */
  z.strictObject({ type: z.literal('notice'), message: z.string() }),
  /** What the stages have to do, told with the data open: the time left is reckoned from it. */
  z.strictObject({ type: z.literal('work'), stages: z.array(stageWorkSchema) }),
  z.strictObject({ type: z.literal('stage-start'), ...stage, resumed: z.boolean() }),
  /** Finished in an earlier run of the same folder. */
  z.strictObject({ type: z.literal('stage-skip'), ...stage }),
  z.strictObject({
    type: z.literal('stage-progress'),
    ...stage,
    done: z.int(),
    total: z.int(),
    detail: metrics,
    /** Generation only: why candidates were dropped so far, and the newest one that was not. */
    dropped: z.record(z.string(), z.int()).optional(),
    /** Generation only: candidates whose reply had to be mended to be read, by kind. */
    repaired: z.record(z.string(), z.int()).optional(),
    newest: newestSampleSchema.optional(),
  }),
  z.strictObject({ type: z.literal('job'), ...stage, job: z.string(), event: jobEventSchema }),
  /** What the completions of the `completions` event just before are about. */
  z.strictObject({ type: z.literal('asked'), ...stage, sample: newestSampleSchema }),
  /** One of the candidates that have just been scored, and its score as it came. */
  z.strictObject({ type: z.literal('scored'), ...stage, sample: newestSampleSchema, score: z.number() }),
  /** Some test questions that changed sides, or are still wrong, as they have just been answered. */
  z.strictObject({ type: z.literal('answers'), ...stage, items: z.array(answeredSchema) }),
  z.strictObject({
    type: z.literal('stage-end'),
    ...stage,
    seconds: z.number(),
    metrics,
    detail: stageDetailSchema.optional(),
  }),
  /** The run waits before this stage because a person paused it, or goes on. */
  z.strictObject({ type: z.literal('pause'), ...stage, paused: z.boolean() }),
  z.strictObject({ type: z.literal('warning'), message: z.string() }),
  /** A guard found something; told again by each attempt that comes by it. */
  z.strictObject({ type: z.literal('alarm'), ...alarmSchema.shape }),
  /** Which model goes on, and which was not let through. */
  z.strictObject({ type: z.literal('promotion'), ...promotionSchema.shape }),
  /** How much better one policy is than another on the same test questions; told again by each attempt that comes by it. */
  z.strictObject({
    type: z.literal('comparison'),
    arm: z.string().optional(),
    cycle: z.int().positive(),
    ...policyComparisonSchema.shape,
  }),
  z.strictObject({
    type: z.literal('run-end'),
    status: z.enum(['complete', 'interrupted', 'failed']),
    seconds: z.number(),
    /** Why it failed. */
    error: z.string().nullable(),
  }),
]);
/** What a run tells, told apart by `type`: `run-start`, `stage-start`, `stage-end`, `train`, `run-end`, … */
export type RunEvent = z.output<typeof runEventSchema>;

/** As stored: with the time it happened, ISO 8601 in UTC. */
export type TimedEvent = RunEvent & { time: string };

/** Small values a stage reports when it ends. */
export type StageMetrics = Record<string, number | string | null>;
