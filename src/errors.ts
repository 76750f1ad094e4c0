/**
 * Every failure medgr2 reports: one base class, one subclass per boundary.
 * A message says what was tried and where it failed; `remedy` says what the person can do about it.
 */
import type { ErrorCode } from './error-codes.js';

export type { ErrorCode };

/** What an error has beside its code and message. */
export interface ErrorDetails {
  /** What the reader should do now, as one sentence. */
  remedy?: string | undefined;
  /** The failure underneath, attributed once. */
  cause?: unknown;
  /** Where it happened: a file, line, sample id, job id or request. */
  where?: string | undefined;
}

/**
 * Base of all errors thrown on purpose: `code` tells them apart, `exitCode` is what the command line ends with.
 * @example
 * const error = new DataError('sample-invalid', 'Sample 3 has no image.', { remedy: 'Leave it out.', where: 'sample 3' });
 * error instanceof Medgr2Error; // → true
 * [error.name, error.code, error.exitCode]; // → ['DataError', 'sample-invalid', 1]
 */
export class Medgr2Error extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly where: string | undefined;
  readonly exitCode: number = 1;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = details.remedy;
    this.where = details.where;
  }
}

/** The configuration or the command line is wrong; nothing was started. */
export class ConfigError extends Medgr2Error {
  override readonly exitCode = 2;
}

/** Something that medgr2 needs on this machine is missing. */
export class EnvironmentError extends Medgr2Error {}

/** A file of samples, images or results cannot be used as it is. */
export class DataError extends Medgr2Error {}

/** A model that writes samples (Gemini, a server, the simulated teacher) failed. */
export class ProviderError extends Medgr2Error {}

/** Where a failure across the bridge began: in a callback or spec of ours, in Python, or outside of both (a signal). */
export type FaultSide = 'typescript' | 'python' | 'system';

/** What an error of the bridge has beside that. */
export interface FaultDetails extends ErrorDetails {
  /** What was being done, as a short phrase: `start Python`, `run the sft job`. */
  tried?: string | undefined;
  side?: FaultSide | undefined;
  /** The last lines of the log that belongs to it: the job's, or the supervisor's. */
  logTail?: string | undefined;
}

/** Python, or the pipe to it, failed. */
export class BridgeError extends Medgr2Error {
  /** What was being done when it failed. */
  readonly tried: string | undefined;
  readonly side: FaultSide;
  readonly logTail: string | undefined;

  constructor(code: ErrorCode, message: string, details: FaultDetails = {}) {
    super(code, message, details);
    this.tried = details.tried;
    this.side = details.side ?? 'python';
    this.logTail = details.logTail;
  }
}

/** What an error of a job has beside that. */
export interface JobErrorDetails extends FaultDetails {
  jobId: string;
  /** The Python traceback, where there is one. */
  traceback?: string | undefined;
}

/** One job failed; the engine lives on. Its `cause` is the failure underneath: a RewardError, a BridgeError, … */
export class JobError extends BridgeError {
  readonly jobId: string;
  readonly traceback: string | undefined;

  constructor(code: ErrorCode, message: string, details: JobErrorDetails) {
    super(code, message, details);
    this.jobId = details.jobId;
    this.traceback = details.traceback;
  }
}

/** A reward threw, timed out, or returned something that is not one finite number (or null) per completion. */
export class RewardError extends Medgr2Error {}

/** The run folder or its ledger does not allow what was asked. */
export class RunError extends Medgr2Error {}

/** The person interrupted the run; it can be resumed. */
export class InterruptedError extends Medgr2Error {
  override readonly exitCode: number = 130;
}

/** The run reached a limit that the person set (a budget) and paused by itself; it can be resumed. */
export class PausedError extends InterruptedError {
  override readonly exitCode = 3;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
