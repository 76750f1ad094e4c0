/** A job as a caller sees it: what may be given with it, and what it has. Types only. */
import type { RewardAsk, RewardReply } from '../contract/reward-messages.js';
import type { JobEvent, JobKind, ResultOf } from '../contract/contract.js';

/** How a job of the bridge is watched, answered and stopped. */
export interface JobHooks {
  /** Called with every event, in order. If it throws or rejects, the job ends with that as the cause. */
  onEvent?: ((event: JobEvent) => unknown) | undefined;
  /** Answers a GRPO job's question for rewards. `signal` aborts when the job is over. */
  rewards?: ((ask: RewardAsk, signal: AbortSignal) => Promise<RewardReply> | RewardReply) | undefined;
  /** Cancels the job when it aborts. */
  signal?: AbortSignal | undefined;
  /** File for everything the job prints; in the engine's log folder by default. */
  logPath?: string | undefined;
  /** Done before Python hears of the job, for instance to write its rows. If it rejects, so does the job. */
  prepare?: (() => Promise<void>) | undefined;
  /**
   * Milliseconds without a heartbeat after which the worker counts as hung and is killed: 120,000 by default, 3000 at
   * least. A thread of the worker beats every second, so this finds a process that is frozen or held by native code, not
   * one that computes for long.
   */
  hangMs?: number | undefined;
  /** Milliseconds without an event, a question or the end after which the worker counts as hung: no limit by default. */
  silenceMs?: number | undefined;
}

/** How patiently a job is ended. */
export interface CancelOptions {
  /** Milliseconds the job gets to save a checkpoint and leave before it is ended: 30 s by default; 0 ends it now. */
  grace?: number;
}

/** The events of one type. */
export type JobEventOf<T extends JobEvent['type']> = Extract<JobEvent, { type: T }>;

/** A job whose result is an `R`. `await job` waits for it, as `await job.result` does. */
export interface JobHandle<R> extends PromiseLike<R> {
  readonly id: string;
  readonly logPath: string;
  /** Process id of the worker, once it runs. */
  readonly pid: number | null;
  /** Ends when the job does, also when it fails; what went wrong is told by `result`. Any number of readers. */
  readonly events: AsyncIterable<JobEvent>;
  /** Calls `handler` with each later event of the type; to be followed by another `on`. It may fail as `onEvent` may. */
  on<T extends JobEvent['type']>(type: T, handler: (event: JobEventOf<T>) => unknown): this;
  /** Rejects with a JobError; where Python as a whole has gone, its cause is the BridgeError that says so. */
  readonly result: Promise<R>;
  /** Resolves when the job is over; `result` then rejects with code `job-cancelled`, unless it was done already. */
  cancel(options?: CancelOptions): Promise<void>;
}

/** A job of the contract. */
export type Job<K extends JobKind = JobKind> = JobHandle<ResultOf<K>>;
