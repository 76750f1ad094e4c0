/** What the supervisor tells unasked: how a job goes and how it ended. Made by py/medgr2/node/follow_job.py. */
import { z } from 'zod';
import { rewardAskSchema } from '../contract/reward-messages.js';
import { jobEventSchema } from '../contract/contract.js';

/** A Python exception as data; see py/medgr2/node/describe_failure.py. */
export const pythonFailureSchema = z.object({
  type: z.string(),
  message: z.string(),
  traceback: z.string(),
  /** Innermost line: `file:line in function`. */
  where: z.string().nullable(),
});
export type PythonFailure = z.output<typeof pythonFailureSchema>;

export const endingSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('done'), result: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('failed'), error: pythonFailureSchema }),
  z.object({ type: z.literal('cancelled') }),
  /** The process has gone without a word; a negative exit code is the signal that ended it. */
  z.object({ type: z.literal('lost'), exitCode: z.int().nullable() }),
  /** Killed because it gave no sign of life for `seconds`; the sign that was missed. */
  z.object({ type: z.literal('hung'), missed: z.enum(['heartbeat', 'event']), seconds: z.number() }),
]);
export type Ending = z.output<typeof endingSchema>;

export const jobMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), pid: z.int() }),
  z.object({ type: z.literal('event'), event: jobEventSchema }),
  z.object({ type: z.literal('ask'), ask: z.int(), request: rewardAskSchema }),
  z.object({ type: z.literal('end'), ending: endingSchema }),
]);
export type JobMessage = z.output<typeof jobMessageSchema>;

/** The first message of all. */
export const readySchema = z.object({ type: z.literal('ready'), pid: z.int(), python: z.string() });
export type Ready = z.output<typeof readySchema>;

/** A message and the job it is about; null for the supervisor itself. */
export const pushSchema = z.object({ job: z.string().nullable(), message: z.unknown() });

/** What answers an ask. */
export type Answer = { ask: number; reply: unknown } | { ask: number; error: string };
