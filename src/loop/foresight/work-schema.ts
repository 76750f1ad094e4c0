/** What a stage has to do, in sequences by kind: what the time left is reckoned from. */
import { z } from 'zod';
import { stageNames } from '../stage-names.js';

const sequences = z.number().min(0);

export const stageWorkSchema = z.strictObject({
  cycle: z.int().min(0),
  stage: z.enum(stageNames),
  /** Of a comparison; left out for the loop and for what all arms share. */
  arm: z.string().optional(),
  /** Jobs of Python: each begins with a process and a model, which is most of what a small run waits for. */
  start: z.int().min(0).default(0),
  /** Sequences that the policy or a generator writes, that R_φ reads once, and that a policy or generator learns from. */
  write: sequences,
  read: sequences,
  learn: sequences,
  /** Sequences that R_φ learns from, where it is another model than the policy; else they stand in `learn`. */
  learnToGrade: sequences,
  /** Rows that only pass through tables. */
  table: sequences,
  /** Seconds of what this machine does not do: requests to a generator elsewhere. An assumption. */
  seconds: z.number().min(0),
  /** What its progress counts up to, as far as that is foreseen; steps of a trainer tell themselves. */
  units: z.int().min(0),
  /** Samples of D_gen that `learn` was reckoned from; left out where it does not grow with D_gen. */
  dataset: z.int().min(0).optional(),
});
export type StageWork = z.output<typeof stageWorkSchema>;
