/**
 * A job's events as an async iterable that any number of readers can follow, each from the beginning.
 * Bounded: a reader that falls too far behind is told how many events it missed instead of filling the memory.
 */
export class EventLog<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #missed: (count: number) => T;
  #kept: T[] = [];
  /** Number of the oldest event kept; events are numbered from 0. */
  #oldest = 0;
  #ended = false;
  #waiting: (() => void)[] = [];

  /** `missed` makes the event that stands for those a slow reader lost. */
  constructor(capacity: number, missed: (count: number) => T) {
    this.#capacity = capacity;
    this.#missed = missed;
  }

  push(event: T): void {
    this.#kept.push(event);
    if (this.#kept.length > this.#capacity) {
      this.#kept.shift();
      this.#oldest += 1;
    }
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    let next = 0;
    for (;;) {
      if (next < this.#oldest) {
        const count = this.#oldest - next;
        next = this.#oldest;
        yield this.#missed(count);
      } else if (next < this.#oldest + this.#kept.length) {
        yield this.#kept[next++ - this.#oldest] as T;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
