/** How a job or its process ended badly, as a typed error that says what to do. */
import { constants } from 'node:os';
import { type BridgeError, type ErrorCode, type FaultSide, JobError, Medgr2Error, messageOf } from '../../errors.js';
import type { Ending } from '../jobs/job-messages.js';
import { logTail } from '../process/log-tail.js';
import { killRemedies } from './kill-remedies.js';
import { meaningOf } from './python-remedies.js';

export interface JobContext {
  id: string;
  /** For people: `sft job`, `grpo job`, … */
  label: string;
  logPath: string;
}

/** The error for an ending other than `done`. */
export async function jobFailure(
  ending: Exclude<Ending, { type: 'done' }>,
  job: JobContext,
  cause: unknown,
): Promise<JobError> {
  const base = await about(job, 'system', cause);
  if (ending.type === 'cancelled') {
    return new JobError('job-cancelled', `The ${job.label} was cancelled.`, { ...base, side: 'typescript' });
  }
  if (ending.type === 'failed') {
    const { type, message, traceback, where } = ending.error;
    const { code, remedy } = meaningOf(ending.error, job.logPath);
    return new JobError(code, `The ${job.label} failed in Python: ${type}: ${message}`, {
      ...base,
      side: 'python',
      traceback,
      where: where ?? undefined,
      remedy,
    });
  }
  if (ending.type === 'hung') return hung(ending, job, base);
  const number = ending.exitCode ?? 0;
  const signal = Object.entries(constants.signals).find(([, value]) => value === -number)?.[0];
  if (signal !== undefined) {
    const remedy = killRemedies[signal] ?? `The log at ${job.logPath} may say more.`;
    return new JobError('job-killed', `The ${job.label} was ended by ${signal}.`, { ...base, remedy });
  }
  return new JobError('job-lost', `The ${job.label} left without a result (exit code ${ending.exitCode}).`, {
    ...base,
    remedy: `The log at ${job.logPath} may say more.`,
  });
}

function hung(
  { missed, seconds }: Extract<Ending, { type: 'hung' }>,
  job: JobContext,
  base: Awaited<ReturnType<typeof about>>,
): JobError {
  const sign = missed === 'heartbeat' ? 'no heartbeat' : 'no event';
  const limit = missed === 'heartbeat' ? 'hangMs' : 'silenceMs';
  return new JobError('job-hung', `The ${job.label} gave ${sign} for ${seconds} s and was killed.`, {
    ...base,
    side: 'python',
    remedy:
      `The log has its Python stacks where they could still be written: ${job.logPath}. Run it again, it goes on from ` +
      `its last checkpoint; give it more time with ${limit} if it was only slow.`,
  });
}

/** A job that was ended because a callback of ours, a reward above all, failed. */
export async function callbackFailure(code: ErrorCode, job: JobContext, cause: unknown): Promise<JobError> {
  const remedy = cause instanceof Medgr2Error ? cause.remedy : undefined;
  const where = cause instanceof Medgr2Error ? cause.where : undefined;
  return new JobError(code, `The ${job.label} was ended: ${messageOf(cause)}`, {
    ...(await about(job, 'typescript', cause)),
    remedy: remedy ?? 'Mend the callback that threw; the cause has its stack.',
    where,
  });
}

/** A job that went down with Python, or never reached it. The code is that of the cause. */
export async function bridgeFailure(cause: BridgeError, job: JobContext): Promise<JobError> {
  return new JobError(cause.code, `The ${job.label} was lost: ${cause.message}`, {
    ...(await about(job, cause.side, cause)),
    remedy: cause.remedy,
    where: cause.where,
  });
}

/** A job that failed on this side before Python heard of it. */
export function notStarted(cause: unknown, job: JobContext): Medgr2Error {
  if (cause instanceof Medgr2Error) return cause;
  return new JobError('job-not-started', `The ${job.label} could not be started: ${messageOf(cause)}`, {
    jobId: job.id,
    tried: `start the ${job.label}`,
    side: 'typescript',
    cause,
    remedy: 'Mend what the cause says: a spec holds only what JSON can.',
  });
}

/** What every error about a job says. */
async function about(job: JobContext, side: FaultSide, cause: unknown) {
  return { jobId: job.id, tried: `run the ${job.label}`, side, logTail: await logTail(job.logPath), cause };
}
