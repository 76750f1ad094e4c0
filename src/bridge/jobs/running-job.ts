/** One job as a caller holds it: events while it works, a result or a typed error when it is over. */
import { BridgeError, JobError, messageOf, RewardError, type ErrorCode, type Medgr2Error } from '../../errors.js';
import type { JobLimits, StartRequest, SupervisorClient } from '../process/supervisor-calls.js';
import type { RewardAsk } from '../contract/reward-messages.js';
import type { JobEvent } from '../contract/contract.js';
import type { CancelOptions, JobEventOf, JobHandle, JobHooks } from './job-types.js';
import { EventLog } from './job-event-log.js';
import { bridgeFailure, callbackFailure, jobFailure, notStarted, type JobContext } from '../failures/job-failure.js';
import { jobMessageSchema, type Answer, type Ending } from './job-messages.js';
import { killGroup } from '../process/supervisor-process.js';
import { rewardsEvent } from './reward-event.js';
import { checkRewardReply } from './reward-reply.js';

export type { CancelOptions, Job, JobHandle, JobHooks } from './job-types.js';

export interface JobSetup<R> extends JobContext {
  spec: object;
  module: string | null;
  /** Names of the rewards that an answer must have; null where the job does not say. */
  rewardNames: readonly string[] | null;
  readResult: (result: Record<string, unknown>) => R;
  hooks: JobHooks;
}

const keptEvents = 4096;
const defaultGrace = 30_000;
const defaultHang = 120_000;
/** Three heartbeats. */
const shortestHang = 3000;

/** How the job reaches Python: resolves once there is one that answers. */
export type Connect = () => Promise<SupervisorClient>;

export class RunningJob<R> implements JobHandle<R> {
  readonly id: string;
  readonly logPath: string;
  pid: number | null = null;
  readonly events: EventLog<JobEvent>;
  readonly result: Promise<R>;
  readonly #setup: JobSetup<R>;
  readonly #connect: Connect;
  #client: SupervisorClient | null = null;
  readonly #outcome = Promise.withResolvers<R>();
  /** Aborts when the job is over or is to be. */
  readonly #over = new AbortController();
  /** What a callback of ours threw: the reason that the job ends. */
  #callbackFault: { code: ErrorCode; error: unknown } | null = null;
  #cancelReason: unknown;
  readonly #handlers: ((event: JobEvent) => unknown)[] = [];
  #isStarting = true;
  #isSettled = false;

  constructor(setup: JobSetup<R>, connect: Connect) {
    this.#setup = setup;
    this.#connect = connect;
    this.id = setup.id;
    this.logPath = setup.logPath;
    this.events = new EventLog<JobEvent>(keptEvents, (count) => ({
      type: 'warning',
      message: `${count} events were missed: they came faster than they were read`,
    }));
    this.result = this.#outcome.promise;
    // A caller may follow the events alone; a failure it does not await must not end the process.
    this.result.catch(() => {});
    void this.#begin();
  }

  async cancel({ grace = defaultGrace }: CancelOptions = {}): Promise<void> {
    this.#over.abort();
    const settled = Promise.allSettled([this.result]);
    if (this.#client === null) void this.#end({ type: 'cancelled' });
    // A bridge that has gone rejects here, and has rejected the result as well.
    else await this.#client.cancel(this.id, Math.max(grace, 0) / 1000).catch(() => {});
    await settled;
  }

  /** A message from the supervisor about this job. */
  receive(raw: unknown): void {
    const message = jobMessageSchema.parse(raw);
    if (message.type === 'started') this.pid = message.pid;
    else if (message.type === 'event') this.#tell(message.event);
    else if (message.type === 'ask') void this.#answer(message.ask, message.request);
    else void this.#end(message.ending);
  }

  /** Ends the job from this side: nothing more will come from Python. */
  fail(error: Medgr2Error): void {
    if (this.#isSettled) return; // the process number may be another's by now
    if (this.pid !== null) killGroup(this.pid);
    this.#settle(() => this.#outcome.reject(error));
  }

  /** Python as a whole has gone. */
  async lose(cause: BridgeError): Promise<void> {
    if (this.#isStarting) return; // the call that starts the job rejects with it
    if (!this.#isSettled && this.pid !== null) killGroup(this.pid); // before a word about it can be read
    this.fail(await bridgeFailure(cause, this.#setup));
  }

  async #begin(): Promise<void> {
    const { spec, module, logPath, hooks } = this.#setup;
    const { signal } = hooks;
    if (signal?.aborted) {
      this.#cancelReason = signal.reason;
      return this.#end({ type: 'cancelled' });
    }
    const onAbort = (): void => {
      this.#cancelReason = signal?.reason;
      void this.cancel();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await hooks.prepare?.();
      const request = { id: this.id, spec, module, log: logPath, limits: limitsOf(hooks) };
      // A Python that had died unnoticed never heard of the job: another one may.
      await this.#hand(request).catch((error: unknown) => {
        if (!(error instanceof BridgeError && error.code === 'python-died' && this.pid === null)) throw error;
        return this.#hand(request);
      });
      this.#isStarting = false;
    } catch (error) {
      this.#isStarting = false;
      if (error instanceof BridgeError) await this.lose(error);
      else this.fail(notStarted(error, this.#setup));
    }
    await Promise.allSettled([this.result]);
    signal?.removeEventListener('abort', onAbort);
  }

  async #hand(request: StartRequest): Promise<void> {
    const client = await this.#connect();
    if (this.#over.signal.aborted) return; // cancelled before Python heard of it
    this.#client = client;
    await client.start(request);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- whoever awaits a job wants its result
  then<A = R, B = never>(
    done?: ((value: R) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.result.then(done, failed); // oxlint-disable-line promise/no-callback-in-promise
  }

  on<T extends JobEvent['type']>(type: T, handler: (event: JobEventOf<T>) => unknown): this {
    this.#handlers.push((event) => (event.type === type ? handler(event as JobEventOf<T>) : undefined));
    return this;
  }

  #tell(event: JobEvent): void {
    this.events.push(event);
    const failed = (error: unknown): void => {
      this.#callbackFault ??= { code: 'event-handler-failed', error };
      void this.cancel();
    };
    for (const handler of [this.#setup.hooks.onEvent, ...this.#handlers]) {
      try {
        const told = handler?.(event);
        if (told instanceof Promise) told.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  async #answer(ask: number, request: RewardAsk): Promise<void> {
    const answer = await this.#rewards(ask, request);
    if ('error' in answer && this.#over.signal.aborted) return; // the request to stop ends the wait
    await this.#client?.answer(this.id, answer).catch(() => {}); // the bridge has gone, and the job with it
  }

  async #rewards(ask: number, request: RewardAsk): Promise<Answer> {
    const { hooks, rewardNames, label } = this.#setup;
    try {
      if (hooks.rewards === undefined) {
        throw new RewardError('rewards-missing', `The ${label} asks for rewards, but was started without any.`, {
          remedy: 'Give `rewards` when the job is started.',
        });
      }
      const reply = checkRewardReply(await hooks.rewards(request, this.#over.signal), request, rewardNames);
      this.#tell(rewardsEvent(request.step, reply));
      return { ask, reply: { scores: reply.scores } };
    } catch (thrown) {
      const error =
        thrown instanceof RewardError
          ? thrown
          : new RewardError('reward-threw', `A reward threw at step ${request.step}: ${messageOf(thrown)}`, {
              cause: thrown,
            });
      // A reward that gives up because the job is being cancelled is no fault.
      if (!this.#over.signal.aborted) this.#callbackFault ??= { code: 'reward-failed', error };
      return { ask, error: error.message };
    }
  }

  async #end(ending: Ending): Promise<void> {
    const fault = this.#callbackFault;
    if (fault !== null) {
      const error = await callbackFailure(fault.code, this.#setup, fault.error);
      this.#settle(() => this.#outcome.reject(error));
    } else if (ending.type === 'done') {
      this.#settle(() => this.#outcome.resolve(this.#setup.readResult(ending.result)));
    } else {
      const error = await jobFailure(ending, this.#setup, this.#cancelReason);
      this.#settle(() => this.#outcome.reject(error));
    }
  }

  #settle(settle: () => void): void {
    if (this.#isSettled) return;
    this.#over.abort();
    this.#isSettled = true;
    try {
      settle();
    } catch (error) {
      this.#outcome.reject(
        new JobError('job-contract', `The result of the ${this.#setup.label} has the wrong form: ${messageOf(error)}`, {
          jobId: this.id,
          tried: 'read the result of the job',
          remedy: 'The job broke the contract between the languages: please report it.',
          cause: error,
        }),
      );
    }
    this.events.end();
  }
}

function limitsOf({ hangMs = defaultHang, silenceMs }: JobHooks): JobLimits {
  return { hang: Math.max(hangMs, shortestHang) / 1000, silence: silenceMs === undefined ? null : silenceMs / 1000 };
}
