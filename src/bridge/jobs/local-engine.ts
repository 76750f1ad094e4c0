/** The engine at work: starts Python, again where it has gone, and routes what it says to the jobs. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describeIssues } from '../../config/problem-lines.js';
import { BridgeError, ConfigError, JobError, messageOf } from '../../errors.js';
import type { EngineStatus, SupervisorClient } from '../process/supervisor-calls.js';
import { Connection, type ConnectionOptions } from '../process/supervisor-connection.js';
import { jobResultSchema, jobSpecSchema, type JobKind, type ResultOf } from '../contract/contract.js';
import { checkOptions, type OptionKinds } from './call-options.js';
import type { Engine, JsonObject, SpecInput } from './engine-types.js';
import { RunningJob, type Job, type JobHandle, type JobHooks, type JobSetup } from './running-job.js';

interface JobAtWork {
  job: RunningJob<unknown>;
  /** The Python that has it; null before one was asked. */
  connection: Connection | null;
}

const knownHooks: OptionKinds<JobHooks> = {
  onEvent: 'callback',
  rewards: 'callback',
  signal: 'signal',
  logPath: 'text',
  prepare: 'callback',
  hangMs: 'milliseconds',
  silenceMs: 'milliseconds',
};

/** An engine over one supervisor process at a time on this machine. */
export class LocalEngine implements Engine {
  readonly logDir: string;
  readonly #options: ConnectionOptions;
  readonly #jobs = new Map<string, JobAtWork>();
  readonly #name = randomBytes(2).toString('hex');
  #connection: Connection | null = null;
  #closed: BridgeError | null = null;
  #started = 0;
  #keepLogs: boolean;
  #version = '';

  constructor(options: ConnectionOptions, logDir: string, logs: 'temporary' | 'kept') {
    this.#options = options;
    this.logDir = logDir;
    this.#keepLogs = logs === 'kept';
  }

  get pid(): number {
    return this.#connection?.pid ?? 0;
  }

  get pythonVersion(): string {
    return this.#version;
  }

  /** Waits for Python's first word. */
  async ready(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  start<K extends JobKind>(spec: SpecInput<K>, hooks: JobHooks = {}): Job<K> {
    const parsed = jobSpecSchema.safeParse(spec);
    if (!parsed.success) {
      const problems = describeIssues(parsed.error.issues, jobSpecSchema, spec);
      const lines = problems.map(({ path: at, message }) => `  ${at.join('.')}: ${message}`);
      throw new ConfigError('job-spec', [`The ${spec.kind} job cannot be started:`, ...lines].join('\n'), {
        cause: parsed.error,
      });
    }
    return this.#run<ResultOf<K>>(spec.kind, hooks, {
      spec: parsed.data,
      module: null,
      rewardNames: parsed.data.kind === 'grpo' ? parsed.data.rewards.map((reward) => reward.name) : null,
      readResult: (result) => jobResultSchema.parse(result) as ResultOf<K>,
    });
  }

  startModule(module: string, spec: JsonObject, hooks: JobHooks = {}): JobHandle<JsonObject> {
    return this.#run<JsonObject>(module, hooks, { spec, module, rewardNames: null, readResult: (result) => result });
  }

  async status(): Promise<EngineStatus> {
    return (await this.#live()).client.status();
  }

  async echo(text: string): Promise<string> {
    return (await this.#live()).client.echo(text);
  }

  async close(): Promise<void> {
    this.#closed ??= new BridgeError('engine-closed', 'The engine was closed.', {
      tried: 'use the engine',
      side: 'typescript',
      remedy: 'Await or cancel jobs before closing the engine.',
    });
    const jobs = [...this.#jobs.values()].map(({ job }) => job);
    for (const job of jobs) void job.lose(this.#closed);
    await this.#connection?.close(this.#closed);
    await Promise.allSettled(jobs.map((job) => job.result)); // their errors quote the logs
    if (!this.#keepLogs) await rm(this.logDir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A Python that answers: the one there is, or another where it has gone. */
  async #live(): Promise<Connection> {
    if (this.#closed !== null) throw this.#closed;
    if (this.#connection === null || this.#connection.failure !== null) this.#connection = this.#connect();
    const connection = this.#connection;
    this.#version = (await connection.ready()).python;
    return connection;
  }

  #connect(): Connection {
    const connection: Connection = new Connection(this.#options, {
      onPush: (job, message) => this.#receive(job, message),
      onLost: (error) => {
        if (error.code !== 'engine-closed') this.#keepLogs = true;
        for (const { job, connection: its } of this.#jobs.values()) if (its === connection) void job.lose(error);
      },
    });
    return connection;
  }

  #run<R>(
    label: string,
    hooks: JobHooks,
    rest: Pick<JobSetup<R>, 'spec' | 'module' | 'rewardNames' | 'readResult'>,
  ): JobHandle<R> {
    checkOptions<JobHooks>(`The ${label} job`, hooks, knownHooks);
    const id = `${label}-${++this.#started}-${this.#name}`;
    const logPath = path.resolve(hooks.logPath ?? path.join(this.logDir, `${id}.log`));
    const connect = async (): Promise<SupervisorClient> => {
      const connection = await this.#live();
      const atWork = this.#jobs.get(id);
      if (atWork === undefined) throw this.#closed ?? new Error(`${id} is over already`);
      atWork.connection = connection;
      connection.hold(); // a running job keeps Node alive
      return connection.client;
    };
    const job = new RunningJob<R>({ id, label: `${label} job`, logPath, hooks, ...rest }, connect);
    this.#jobs.set(id, { job: job as RunningJob<unknown>, connection: null });
    const forget = (): void => {
      this.#jobs.get(id)?.connection?.release();
      this.#jobs.delete(id);
    };
    job.result.then(forget, () => {
      this.#keepLogs = true;
      forget();
    });
    return job;
  }

  #receive(id: string, message: unknown): void {
    const running = this.#jobs.get(id)?.job;
    try {
      running?.receive(message);
    } catch (error) {
      running?.fail(
        new JobError('job-contract', `Python sent what the contract does not know: ${messageOf(error)}`, {
          jobId: id,
          tried: 'read a message of the job',
          cause: error,
          remedy: 'The job broke the contract between the languages: please report it.',
        }),
      );
    }
  }
}
