/** How a job ended badly, as a typed error that says what to do. */
import { constants } from 'node:os';
import { JobError, messageOf } from '../errors.js';
import { logTail } from './log-tail.js';
import type { Ending, PythonFailure } from './messages.js';

export interface JobContext {
  id: string;
  /** For people: `sft job`, `grpo job`, … */
  label: string;
  logPath: string;
}

/** What each Python exception means to a person; the rest is `job-failed`. */
const known: Record<string, { code: string; remedy: string }> = {
  OutOfMemoryError: {
    code: 'out-of-memory',
    remedy: 'Use a smaller batch, fewer pixels per image (model.maxPixels) or LoRA, or a device with more memory.',
  },
  MemoryError: { code: 'out-of-memory', remedy: 'Use a smaller batch, or a machine with more memory.' },
  ModuleNotFoundError: {
    code: 'python-package-missing',
    remedy: 'Run `npx medgr2 setup` to bring the Python environment up to date.',
  },
  ContractError: {
    code: 'job-contract',
    remedy: 'The job broke the contract between the languages: please report it.',
  },
};

const killRemedies: Record<string, string> = {
  SIGKILL:
    'The system most likely ran out of memory: use a smaller batch, fewer pixels per image or LoRA, or a machine with more memory.',
  SIGSEGV: 'A native library crashed; the log has the Python stack. Check that the installed torch fits this machine.',
  SIGTERM: 'Something outside medgr2 ended the job. Run it again: it goes on from its last checkpoint.',
};

/** The error for an ending other than `done`. */
export async function jobFailure(
  ending: Exclude<Ending, { type: 'done' }>,
  job: JobContext,
  cause: unknown,
): Promise<JobError> {
  const base = { jobId: job.id, logTail: await logTail(job.logPath), cause };
  if (ending.type === 'cancelled') {
    return new JobError('job-cancelled', `The ${job.label} was cancelled.`, base);
  }
  if (ending.type === 'failed') return pythonFailure(ending.error, job, base);
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

function pythonFailure(
  error: PythonFailure,
  job: JobContext,
  base: { jobId: string; logTail: string | undefined; cause: unknown },
): JobError {
  const details = { ...base, traceback: error.traceback, where: error.where ?? undefined };
  const { code, remedy } = known[error.type] ?? {
    code: 'job-failed',
    remedy: `The traceback is in this error, the whole output in ${job.logPath}.`,
  };
  return new JobError(code, `The ${job.label} failed in Python: ${error.type}: ${error.message}`, {
    ...details,
    remedy,
  });
}

/** A job that was ended because a callback of ours, a reward above all, failed. */
export async function callbackFailure(code: string, job: JobContext, cause: unknown): Promise<JobError> {
  return new JobError(code, `The ${job.label} was ended: ${messageOf(cause)}`, {
    jobId: job.id,
    logTail: await logTail(job.logPath),
    cause,
  });
}
