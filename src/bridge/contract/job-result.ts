/** What each kind of job ends with: part of the contract, in a file of its own. */
import { z } from 'zod';
import { metric } from './job-event.js';

/** As in the `memory` event. */
const peakMemory = z.int().optional();

const trainResult = {
  peakMemory,
  checkpoint: z.string(),
  steps: z.int(),
  seconds: z.number(),
  loss: metric,
  tokens: metric,
  /** Parameters that learned, by part; as in the `job-start` event. */
  trainable: z.record(z.string(), z.int()).optional(),
  /** What a person should know of a model that did learn something: a part that stood still, rows without labels, … */
  warnings: z.array(z.string()).optional(),
};
export const jobResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sft'), ...trainResult }),
  z.strictObject({
    kind: z.literal('grpo'),
    ...trainResult,
    /** Groups of completions in the whole run, and the share of them that taught nothing. */
    groups: z.int().optional(),
    deadGroups: metric.optional(),
    /** The share that the difficulty filter left out; only where there was one. */
    leftOut: metric.optional(),
  }),
  z.strictObject({ kind: z.literal('reward-model'), ...trainResult }),
  z.strictObject({ kind: z.literal('score'), scores: z.string(), count: z.int(), seconds: z.number(), peakMemory }),
  z.strictObject({
    kind: z.literal('complete'),
    completions: z.string(),
    count: z.int(),
    seconds: z.number(),
    peakMemory,
  }),
  z.strictObject({ kind: z.literal('evaluate'), answers: z.string(), count: z.int(), seconds: z.number(), peakMemory }),
  z.strictObject({
    kind: z.literal('merge'),
    checkpoint: z.string(),
    /** Id of the whole model below, or the name of its folder. */
    base: z.string(),
    dtype: z.string(),
    seconds: z.number(),
    peakMemory,
  }),
]);
/** What a job ends with, told apart by `kind`. */
export type JobResult = z.output<typeof jobResultSchema>;
/** What a job of a kind ends with. */
export type ResultOf<K extends JobResult['kind']> = { [R in JobResult as R['kind']]: R }[K];
