/** The supervisor's methods as typed calls through pythonia. Arguments and answers are JSON strings; each call is short. */
import { z } from 'zod';
import { BridgeError, messageOf } from '../errors.js';
import { pythonFailureSchema, type Answer } from './messages.js';
import type { PythoniaBridge, PythonObject } from './pythonia.js';
import type { PipeTransport } from './transport.js';

/** Milliseconds after which a supervisor that does not answer is given up. It answers in a fraction of one. */
const patience = 60_000;

export const statusSchema = z.object({
  pid: z.int(),
  jobs: z.array(z.string()),
  /** Seconds it took to load the heavy libraries; null while that goes on. */
  warmSeconds: z.number().nullable(),
});
export type EngineStatus = z.output<typeof statusSchema>;

export interface StartRequest {
  id: string;
  spec: object;
  /** A Python module of the caller's own, or null for a job of the contract. */
  module: string | null;
  /** File the job's output goes to. */
  log: string;
}

export class SupervisorClient {
  readonly #root: PythonObject;
  readonly #transport: PipeTransport;

  constructor(bridge: PythoniaBridge, transport: PipeTransport) {
    this.#root = bridge.makePyObject(0);
    this.#transport = transport;
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
    if (transport.failure !== null) throw transport.failure;
    let text: unknown;
    try {
      text = await this.#root.supervisor?.[`${method}$`]?.(...values, { $timeout: patience });
    } catch (error) {
      throw transport.failure ?? silent(method, error);
    }
    if (transport.failure !== null) throw transport.failure;
    const answer = JSON.parse(String(text)) as { value?: unknown; error?: unknown };
    if (answer.error === undefined) return answer.value;
    const failure = pythonFailureSchema.parse(answer.error);
    throw new BridgeError('supervisor-refused', `Python could not ${method}: ${failure.type}: ${failure.message}`, {
      where: failure.where ?? undefined,
      cause: new Error(failure.traceback),
    });
  }
}

function silent(method: string, cause: unknown): BridgeError {
  return new BridgeError(
    'python-silent',
    `Python did not answer \`${method}\` within ${patience / 1000} s: ${messageOf(cause)}`,
    {
      remedy: 'Close the engine and open another one; its log may say what held it up.',
      cause,
    },
  );
}
