/** What a run tells while it works. events.jsonl holds one per line; screens, reports and `--json` read the same union. */
import { z } from 'zod';
import { jobEventSchema } from '../bridge/contract.js';

export const stageNames = [
  'prepare-data',
  'evaluate-base',
  'grade',
  'warm-start',
  'reward-model',
  'reward-report',
  'generate',
  'score',
  'filter',
  'sft',
  'evaluate-sft',
  'grpo',
  'evaluate-grpo',
  'preferences',
  'generator-update',
] as const;
export type StageName = (typeof stageNames)[number];

const stage = { cycle: z.int().min(0), stage: z.enum(stageNames) };
const metrics = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));

export const runEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run-start'),
    runDir: z.string(),
    seed: z.int(),
    cycles: z.int(),
    /** Whether the folder held finished stages already. */
    resumed: z.boolean(),
    /** What the data is, and what results on it are no evidence for. */
    notice: z.string(),
  }),
  z.strictObject({ type: z.literal('stage-start'), ...stage, resumed: z.boolean() }),
  /** Finished in an earlier run of the same folder. */
  z.strictObject({ type: z.literal('stage-skip'), ...stage }),
  z.strictObject({
    type: z.literal('stage-progress'),
    ...stage,
    done: z.int(),
    total: z.int(),
    detail: metrics,
  }),
  z.strictObject({ type: z.literal('job'), ...stage, job: z.string(), event: jobEventSchema }),
  z.strictObject({ type: z.literal('stage-end'), ...stage, seconds: z.number(), metrics }),
  z.strictObject({ type: z.literal('warning'), message: z.string() }),
  z.strictObject({
    type: z.literal('run-end'),
    status: z.enum(['complete', 'interrupted', 'failed']),
    seconds: z.number(),
    /** Why it failed. */
    error: z.string().nullable(),
  }),
]);
export type RunEvent = z.output<typeof runEventSchema>;

/** As stored: with the time it happened, ISO 8601 in UTC. */
export type TimedEvent = RunEvent & { time: string };

/** Small values a stage reports when it ends. */
export type StageMetrics = Record<string, number | string | null>;
