/** The supervisor's methods as typed calls through pythonia. Arguments and answers are JSON strings; each call is short. */
import { z } from 'zod';
import { afterAwake } from '../../awake.js';
import { BridgeError } from '../../errors.js';
import { pythonFailureSchema, type Answer } from '../jobs/job-messages.js';
import type { PythoniaBridge, PythonObject } from './pythonia.js';
import type { PipeTransport } from './pipe-transport.js';

export const statusSchema = z.object({
  pid: z.int(),
  jobs: z.array(z.string()),
  /** Seconds it took to load the heavy libraries; null while that goes on. */
  warmSeconds: z.number().nullable(),
});
/**
 * What `engine.status()` tells: the supervisor's process, ids of the jobs at work, and how long libraries took to load
 * (seconds).
 */
export type EngineStatus = z.output<typeof statusSchema>;

export interface StartRequest {
  id: string;
  spec: object;
  /** A Python module of the caller's own, or null for a job of the contract. */
  module: string | null;
  /** File the job's output goes to. */
  log: string;
  limits: JobLimits;
}

/** When a job counts as hung. In seconds; see `JobHooks`. */
export interface JobLimits {
  hang: number;
  silence: number | null;
}

export interface ClientOptions {
  /** Milliseconds, awake, after which a supervisor that does not answer is given up. It answers in a fraction of one. */
  patience: number;
  /** Keeps Node alive, and hears of the supervisor's end, until `release`: who waits for an answer must get one. */
  hold: () => void;
  release: () => void;
  /** Hears of a supervisor that does not answer: nothing more is to be expected of it. */
  giveUp: (error: BridgeError) => void;
}

/** Longest message to Python, in characters. Anything larger is data, and data passes in files. */
const longestMessage = 64 * 1024 * 1024;

export class SupervisorClient {
  readonly #root: PythonObject;
  readonly #transport: PipeTransport;
  readonly #options: ClientOptions;

  constructor(bridge: PythoniaBridge, transport: PipeTransport, options: ClientOptions) {
    this.#root = bridge.makePyObject(0);
    this.#transport = transport;
    this.#options = options;
  }

  async start(request: StartRequest): Promise<void> {
    await this.#call('start', JSON.stringify(request));
  }

  async answer(job: string, answer: Answer): Promise<void> {
    await this.#call('answer', job, JSON.stringify(answer));
  }

  /** `grace` in seconds. */
  async cancel(job: string, grace: number): Promise<void> {
    await this.#call('cancel', job, grace);
  }

  async status(): Promise<EngineStatus> {
    return statusSchema.parse(await this.#call('status'));
  }

  async echo(text: string): Promise<string> {
    return String(await this.#call('echo', text));
  }

  async #call(method: string, ...values: unknown[]): Promise<unknown> {
    const transport = this.#transport;
    const { patience, giveUp, hold, release } = this.#options;
    if (transport.failure !== null) throw transport.failure;
    checkLength(method, values);
    let text: unknown;
    // pythonia's own limit goes by the clock on the wall, and a Node that was frozen would find it over.
    const late = afterAwake(patience, () => giveUp(silent(method, patience)));
    hold();
    try {
      text = await this.#root.supervisor?.[`${method}$`]?.(...values, { $timeout: Number.POSITIVE_INFINITY });
    } catch (error) {
      throw transport.failure ?? error;
    } finally {
      late.cancel();
      release();
    }
    if (transport.failure !== null) throw transport.failure;
    const answer = JSON.parse(String(text)) as { value?: unknown; error?: unknown };
    if (answer.error === undefined) return answer.value;
    const failure = pythonFailureSchema.parse(answer.error);
    throw new BridgeError('supervisor-refused', `Python could not ${method}: ${failure.type}: ${failure.message}`, {
      tried: `call the supervisor’s ${method}`,
      where: failure.where ?? undefined,
      cause: new Error(failure.traceback),
    });
  }
}

function checkLength(method: string, values: readonly unknown[]): void {
  const length = values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
  if (length <= longestMessage) return;
  throw new BridgeError(
    'message-too-large',
    `A message of ${Math.round(length / 1024 / 1024)} Mi characters is too large for the bridge (${longestMessage / 1024 / 1024} Mi at most).`,
    {
      tried: `call the supervisor’s ${method}`,
      side: 'typescript',
      remedy: 'Write large values to a file and send its path.',
    },
  );
}

function silent(method: string, patience: number): BridgeError {
  return new BridgeError('python-silent', `Python did not answer \`${method}\` within ${patience / 1000} s.`, {
    tried: `call the supervisor’s ${method}`,
    remedy: 'Start the job again: the engine starts another Python by itself. Its log may say what held it up.',
  });
}
