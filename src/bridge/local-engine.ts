/** The engine at work: routes what Python says to the jobs, and tells them all when Python has gone. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { BridgeError, ConfigError, JobError, messageOf } from '../errors.js';
import { SupervisorClient, type EngineStatus } from './client.js';
import { jobResultSchema, jobSpecSchema, type JobKind, type ResultOf } from './contract.js';
import type { Engine, JsonObject, SpecBody, SpecInput } from './engine-types.js';
import { RunningJob, type Job, type JobHandle, type JobHooks, type JobSetup } from './job.js';
import { pushSchema, readySchema, type Ready } from './messages.js';
import type { SupervisorProcess } from './process.js';
import { createBridge } from './pythonia.js';
import { PipeTransport } from './transport.js';

/** Milliseconds that Python gets to start: interpreter and imports, on a slow disk. */
const startPatience = 120_000;
/** Milliseconds that Python gets to leave before it is killed. */
const leavePatience = 2000;

/** An engine over one supervisor process on this machine. */
export class LocalEngine implements Engine {
  readonly logDir: string;
  readonly #supervisor: SupervisorProcess;
  readonly #transport: PipeTransport;
  readonly #bridge: ReturnType<typeof createBridge>;
  readonly #client: SupervisorClient;
  readonly #jobs = new Map<string, RunningJob<unknown>>();
  readonly #ready = Promise.withResolvers<Ready>();
  readonly #name = randomBytes(2).toString('hex');
  #started = 0;
  #keepLogs: boolean;
  #version = '';

  constructor(supervisor: SupervisorProcess, logDir: string, logs: 'temporary' | 'kept') {
    this.logDir = logDir;
    this.#keepLogs = logs === 'kept';
    this.#supervisor = supervisor;
    this.#transport = new PipeTransport(supervisor.line, (error) => {
      this.#lose(error);
      supervisor.kill();
    });
    this.#bridge = createBridge(this.#transport);
    this.#client = new SupervisorClient(this.#bridge, this.#transport);
    this.#ready.promise.catch(() => {}); // whoever waits for it hears; when all is over nobody does
    this.#transport.register('medgr2', (message) => this.#receive(message));
    void supervisor.ended.then((error) => this.#lose(error));
  }

  get pid(): number {
    return this.#supervisor.pid;
  }

  get pythonVersion(): string {
    return this.#version;
  }

  /** Waits for Python's first word. */
  async ready(): Promise<void> {
    const timer = new AbortController();
    const late = sleep(startPatience, undefined, { signal: timer.signal }).then(() => {
      throw new BridgeError('python-silent', `Python did not start within ${startPatience / 1000} s.`, {
        remedy: `See ${this.logDir}/supervisor.log.`,
      });
    });
    late.catch(() => {});
    try {
      this.#version = (await Promise.race([this.#ready.promise, late])).python;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      timer.abort();
    }
  }

  start<K extends JobKind>(spec: SpecInput<K>, hooks: JobHooks = {}): Job<K> {
    const parsed = jobSpecSchema.safeParse(spec);
    if (!parsed.success) {
      throw new ConfigError('job-spec', `The ${spec.kind} job cannot be started:\n${z.prettifyError(parsed.error)}`, {
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

  sft = (spec: SpecBody<'sft'>, hooks?: JobHooks): Job<'sft'> => this.start<'sft'>({ kind: 'sft', ...spec }, hooks);
  grpo = (spec: SpecBody<'grpo'>, hooks?: JobHooks): Job<'grpo'> =>
    this.start<'grpo'>({ kind: 'grpo', ...spec }, hooks);
  trainRewardModel = (spec: SpecBody<'reward-model'>, hooks?: JobHooks): Job<'reward-model'> =>
    this.start<'reward-model'>({ kind: 'reward-model', ...spec }, hooks);
  score = (spec: SpecBody<'score'>, hooks?: JobHooks): Job<'score'> =>
    this.start<'score'>({ kind: 'score', ...spec }, hooks);
  complete = (spec: SpecBody<'complete'>, hooks?: JobHooks): Job<'complete'> =>
    this.start<'complete'>({ kind: 'complete', ...spec }, hooks);

  status(): Promise<EngineStatus> {
    return this.#client.status();
  }

  echo(text: string): Promise<string> {
    return this.#client.echo(text);
  }

  async close(): Promise<void> {
    this.#lose(
      new BridgeError('engine-closed', 'The engine was closed.', {
        remedy: 'Await or cancel jobs before closing the engine.',
      }),
    );
    this.#supervisor.line.destroy(); // Python leaves, and takes its jobs along, when the line ends
    const waiting = new AbortController();
    const impatience = sleep(leavePatience, undefined, { signal: waiting.signal }).then(() => this.#supervisor.kill());
    impatience.catch(() => {});
    await this.#supervisor.ended;
    waiting.abort();
    if (!this.#keepLogs) await rm(this.logDir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #run<R>(
    label: string,
    hooks: JobHooks,
    rest: Pick<JobSetup<R>, 'spec' | 'module' | 'rewardNames' | 'readResult'>,
  ): JobHandle<R> {
    const id = `${label}-${++this.#started}-${this.#name}`;
    const logPath = path.resolve(hooks.logPath ?? path.join(this.logDir, `${id}.log`));
    const job = new RunningJob<R>({ id, label: `${label} job`, logPath, hooks, ...rest }, this.#client);
    this.#jobs.set(id, job as RunningJob<unknown>);
    this.#supervisor.line.ref(); // a running job keeps Node alive
    const forget = (): void => {
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) this.#supervisor.line.unref();
    };
    job.result.then(forget, () => {
      this.#keepLogs = true;
      forget();
    });
    return job;
  }

  #receive(raw: unknown): void {
    const { job, message } = pushSchema.parse(raw);
    if (job === null) return this.#ready.resolve(readySchema.parse(message));
    const running = this.#jobs.get(job);
    try {
      running?.receive(message);
    } catch (error) {
      running?.fail(
        new JobError('job-contract', `Python sent what the contract does not know: ${messageOf(error)}`, {
          jobId: job,
          cause: error,
        }),
      );
    }
  }

  /** Python has gone, or is to go: everything that waits for it ends with this. */
  #lose(error: BridgeError): void {
    if (error.code !== 'engine-closed' && this.#transport.failure === null) this.#keepLogs = true;
    this.#ready.reject(error);
    this.#transport.fail(error);
    for (const job of this.#jobs.values()) job.fail(error);
    this.#bridge.end();
  }
}
