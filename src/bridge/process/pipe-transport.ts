/**
 * pythonia's `com` over one stream of our own: a JSON message per line, each way.
 * When the stream is lost, every pending call is settled, so that none waits for ever. A flood of messages is taken in
 * slices, so that Node stays free for other work; meanwhile the stream is not read, and Python has to wait.
 */
import type { Duplex } from 'node:stream';
import { BridgeError, messageOf } from '../../errors.js';
import { LineSplitter } from './line-splitter.js';
import type { PythoniaCom, PythoniaHandler, PythoniaMessage } from './pythonia.js';

/** Longest time that messages keep Node from other work; a message more, where one alone takes longer. */
const sliceMs = 8;

export class PipeTransport implements PythoniaCom {
  /** Why nothing can be sent any more; null while all is well. */
  failure: BridgeError | null = null;
  readonly #stream: Duplex;
  readonly #channels = new Map<string, PythoniaHandler>();
  readonly #requests = new Map<number, PythoniaHandler>();
  readonly #onBroken: (error: BridgeError) => void;
  /** Lines that came and have not been taken yet. */
  #lines: string[] = [];
  #taken = 0;

  /** `onBroken` hears of a stream that speaks nonsense. The end of the stream is its owner's to watch. */
  constructor(stream: Duplex, onBroken: (error: BridgeError) => void) {
    this.#stream = stream;
    this.#onBroken = onBroken;
    const splitter = new LineSplitter();
    stream.on('data', (chunk: Uint8Array) => {
      const idle = this.#taken === this.#lines.length;
      this.#unlessGarbled(() => this.#keep(splitter.push(chunk)));
      if (idle) this.#takeSlice();
    });
    // A write to a dead Python fails here; its end is reported by `close`, once.
    stream.on('error', () => {});
  }

  register(id: string | number, handler: PythoniaHandler): void {
    if (typeof id === 'string') this.#channels.set(id, handler);
    else this.#requests.set(id, handler);
  }

  write(message: { r?: number }, handler?: PythoniaHandler): void {
    if (handler !== undefined && message.r !== undefined) this.register(message.r, handler);
    this.#send(JSON.stringify(message));
  }

  writeRaw(text: string, id: number, handler: PythoniaHandler): void {
    this.register(id, handler);
    this.#send(text);
  }

  /** Settles every pending call; from now on `failure` says why. */
  fail(error: BridgeError): void {
    if (this.failure === null) this.#unlessGarbled(() => this.#take(Number.POSITIVE_INFINITY)); // said before the end
    this.failure ??= error;
    const pending = [...this.#requests.values()];
    this.#requests.clear();
    for (const handler of pending) handler(lostReply);
  }

  #keep(lines: string[]): void {
    if (this.#taken === this.#lines.length) {
      this.#lines = lines;
      this.#taken = 0;
    } else {
      for (const line of lines) this.#lines.push(line);
    }
  }

  /** Takes lines for some milliseconds, and the rest in later turns of the event loop. */
  #takeSlice(): void {
    this.#unlessGarbled(() => this.#take(performance.now() + sliceMs));
    if (this.#taken === this.#lines.length) {
      this.#stream.resume();
      return;
    }
    this.#stream.pause();
    setImmediate(() => this.#takeSlice());
  }

  #take(until: number): void {
    while (this.#taken < this.#lines.length && performance.now() < until) {
      const line = this.#lines[this.#taken++] as string;
      this.#receive(JSON.parse(line) as PythoniaMessage);
    }
  }

  #unlessGarbled(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#lines = [];
      this.#taken = 0;
      const text = `Python sent something that is not a message: ${messageOf(error)}`;
      this.#onBroken(
        new BridgeError('bridge-garbled', text, {
          tried: 'read a message of Python',
          cause: error,
          remedy: 'This is a fault in medgr2: please report it.',
        }),
      );
    }
  }

  #send(text: string): void {
    if (this.failure === null && this.#stream.writable) this.#stream.write(`${text}\n`);
    else queueMicrotask(() => this.fail(this.failure ?? new BridgeError('python-gone', 'Python has gone.')));
  }

  #receive(message: PythoniaMessage): void {
    const channel = message.c === undefined ? undefined : this.#channels.get(message.c);
    if (channel !== undefined) return void channel(message);
    const { r } = message;
    const handler = r === undefined ? undefined : this.#requests.get(r);
    if (r === undefined || handler === undefined) return;
    if (handler(message.key === 'error' ? errorReply(message) : message) !== true) this.#requests.delete(r);
  }
}

/** The caller finds `failure` set and throws that. */
const lostReply: PythoniaMessage = { key: 'string', val: '' };

/**
 * pythonia's own exception has an empty message, and reads source files to draw one; an error travels as a value
 * instead, in the form the supervisor uses for its own.
 */
function errorReply(message: PythoniaMessage): PythoniaMessage {
  const traceback = message.sig ?? '';
  const lastLine = traceback.trimEnd().split('\n').at(-1) ?? '';
  return {
    key: 'string',
    val: JSON.stringify({ error: { type: 'PythonError', message: lastLine, traceback, where: null } }),
  };
}
