/**
 * One supervisor with its line, from start to end. It ends once, with the reason; the engine then opens another.
 */
import { afterAwake, sleepAwake, type AwakeTimer } from '../../awake.js';
import { BridgeError } from '../../errors.js';
import { SupervisorClient } from './supervisor-calls.js';
import { pushSchema, readySchema, type Ready } from '../jobs/job-messages.js';
import { startSupervisor, type SupervisorOptions, type SupervisorProcess } from './supervisor-process.js';
import { createBridge } from './pythonia.js';
import { whyNotStarted } from '../failures/start-failure.js';
import { PipeTransport } from './pipe-transport.js';

/** Milliseconds that Python gets to start: interpreter and imports, on a slow disk. */
const startPatience = 120_000;
/** Milliseconds that Python gets to leave before it is killed. */
const leavePatience = 2000;

export interface ConnectionOptions extends SupervisorOptions {
  /** Milliseconds awake after which a supervisor that does not answer is given up. */
  callTimeoutMs: number;
}

export interface ConnectionHooks {
  /** A message about a job. */
  onPush: (job: string, message: unknown) => void;
  /** Python has gone, or is to go: called once, before pending calls reject. */
  onLost: (error: BridgeError) => void;
}

export class Connection {
  readonly client: SupervisorClient;
  readonly #options: ConnectionOptions;
  readonly #hooks: ConnectionHooks;
  readonly #process: SupervisorProcess;
  readonly #transport: PipeTransport;
  readonly #bridge: ReturnType<typeof createBridge>;
  readonly #ready = Promise.withResolvers<Ready>();
  #isReady = false;
  #isLost = false;
  #pid: number | null = null;
  #busy = 0;
  #nextLook: AwakeTimer | null = null;

  constructor(options: ConnectionOptions, hooks: ConnectionHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#process = startSupervisor(options);
    const giveUp = (error: BridgeError): void => {
      this.#lose(error);
      this.#process.kill();
    };
    this.#transport = new PipeTransport(this.#process.line, giveUp);
    this.#bridge = createBridge(this.#transport);
    this.client = new SupervisorClient(this.#bridge, this.#transport, {
      patience: options.callTimeoutMs,
      giveUp,
      hold: () => this.hold(),
      release: () => this.release(),
    });
    this.#ready.promise.catch(() => {}); // whoever waits for it hears; when all is over nobody does
    this.#transport.register('medgr2', (message) => this.#receive(message));
    void this.#process.ended.then(async (error) =>
      this.#lose(this.#isReady || this.failure !== null ? error : await whyNotStarted(error, options.python)),
    );
  }

  /** Of the process that speaks, once it has; before that, of the one that was started. */
  get pid(): number {
    return this.#pid ?? this.#process.pid;
  }

  /** Why nothing can be asked any more; null while all is well. */
  get failure(): BridgeError | null {
    return this.#transport.failure;
  }

  /** Waits for Python's first word. Rejects with the reason that there is none, and nothing is left running then. */
  async ready(): Promise<Ready> {
    if (this.#isReady) return this.#ready.promise;
    const timer = new AbortController();
    const late = sleepAwake(startPatience, timer.signal).then(() => {
      throw new BridgeError('python-silent', `Python did not start within ${startPatience / 1000} s.`, {
        tried: 'start Python',
        remedy: `See ${this.#options.logPath}.`,
      });
    });
    late.catch(() => {});
    try {
      return await Promise.race([this.#ready.promise, late]);
    } catch (error) {
      if (error instanceof BridgeError) await this.close(error);
      throw error;
    } finally {
      timer.abort();
    }
  }

  /** Keeps Node alive, and watches that Python answers, until as many `release` have been called. */
  hold(): void {
    this.#busy += 1;
    if (this.#busy > 1) return;
    this.#process.ref();
    if (this.failure === null) this.#lookAgain();
  }

  release(): void {
    this.#busy -= 1;
    if (this.#busy > 0) return;
    this.#process.unref();
    this.#nextLook?.cancel();
  }

  /** Ends Python with all its jobs. Pending calls reject with `reason`. Resolves when the process has gone. */
  async close(reason: BridgeError): Promise<void> {
    this.#lose(reason);
    this.hold(); // who awaits the end of Python has more to do after it
    this.#process.line.destroy(); // Python leaves, and takes its jobs along, when the line ends
    const impatience = afterAwake(leavePatience, () => this.#process.kill());
    await this.#process.ended;
    impatience.cancel();
    this.release();
  }

  /** A supervisor that is stopped, or hangs, says nothing of it: it is asked while somebody waits for a job of it. */
  #lookAgain(): void {
    this.#nextLook = afterAwake(this.#options.callTimeoutMs / 3, () => {
      if (this.failure !== null) return;
      this.client.status().catch(() => {}); // the client gives up what does not answer
      this.#lookAgain();
    });
  }

  #receive(raw: unknown): void {
    const { job, message } = pushSchema.parse(raw);
    if (job !== null) return this.#hooks.onPush(job, message);
    const ready = readySchema.parse(message);
    this.#isReady = true;
    this.#pid = ready.pid;
    this.#ready.resolve(ready);
  }

  #lose(error: BridgeError): void {
    // Not by the transport's failure: a call that finds the line gone sets it before the end of the process is heard.
    if (this.#isLost) return;
    this.#isLost = true;
    this.#nextLook?.cancel();
    this.#ready.reject(error);
    this.#transport.fail(error);
    this.#hooks.onLost(error);
    this.#bridge.end();
  }
}
