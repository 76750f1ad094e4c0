/**
 * Verdicts on their way to the server. Each is in the browser's storage before the next sample is shown, and leaves it only
 * when the server has it on disk: a closed tab or a dead server loses none. Sent one by one, in the order they were given;
 * the server takes a repeated one for the same, so that two tabs may send what they share.
 */
import type { UndoReply, UndoRequest, VerdictReply, VerdictRequest } from '../review-messages.js';
import { DeskError } from './desk-client.js';

export type Entry =
  | { kind: 'verdict'; body: VerdictRequest }
  /** `item` is whose verdict is taken back. */
  | { kind: 'undo'; body: UndoRequest; item: string };

export type Sent =
  | { kind: 'verdict'; reply: VerdictReply }
  | { kind: 'undo'; reply: UndoReply; item: string; reader: string };

export interface Refusal {
  key: string;
  entry: Entry;
  message: string;
  remedy: string;
}

export interface OutboxState {
  /** In the order they are sent. */
  pending: readonly Entry[];
  /** What the server will not take, until the reader has seen it. */
  refused: readonly Refusal[];
  /** Why sending waits; null while all is well. */
  trouble: { message: string; remedy: string } | null;
  /** The browser's storage took them; where it did not, they live as long as this tab. */
  kept: boolean;
}

interface Stored {
  entry: Entry;
  refusal?: { message: string; remedy: string };
}

export interface OutboxOptions {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  /** What the keys of this run's entries begin with. */
  prefix: string;
  send: (entry: Entry) => Promise<Sent>;
  onSent: (sent: Sent) => void;
  /** Milliseconds before each further try; the last holds for all that follow. */
  delays?: readonly number[];
}

export class Outbox {
  readonly #options: Required<OutboxOptions>;
  /** In the order of their keys. */
  readonly #entries = new Map<string, Stored>();
  readonly #listeners = new Set<() => void>();
  #state: OutboxState = { pending: [], refused: [], trouble: null, kept: true };
  #latest = 0;
  #count = 0;
  #sending = false;
  #hurry: () => void = () => {};

  constructor(options: OutboxOptions) {
    this.#options = { delays: [500, 1000, 2000, 5000], ...options };
    this.reload();
  }

  readonly state = (): OutboxState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Keeps the entries, then sends them. */
  add(...entries: readonly Entry[]): void {
    for (const entry of entries) {
      // By time, which a clock put back does not turn, then by count: keys in their order are entries in theirs.
      this.#latest = Math.max(this.#latest, Date.now());
      const key = `${this.#options.prefix}${String(this.#latest).padStart(15, '0')}-${String(this.#count++).padStart(6, '0')}`;
      this.#put(`${key}-${entry.body.id}`, { entry });
    }
    this.#tell();
    void this.#drain();
  }

  /** Reads what is in storage, as after a change by another tab, and sends it. */
  reload(): void {
    const { storage, prefix } = this.#options;
    const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '').toSorted();
    // Where storage took nothing, what is here is all there is.
    if (this.#state.kept) this.#entries.clear();
    for (const key of keys) {
      const stored = key.startsWith(prefix) ? storedOf(storage.getItem(key)) : null;
      if (stored === null) continue;
      this.#entries.set(key, stored);
      this.#latest = Math.max(this.#latest, Number.parseInt(key.slice(prefix.length), 10));
    }
    this.#tell();
    void this.#drain();
  }

  /** Sends at once instead of after the wait. */
  retry(): void {
    this.#hurry();
  }

  /** The reader has seen that the server will not take it. */
  dismiss(key: string): void {
    this.#remove(key);
    this.#tell();
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    let failures = 0;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [key, { entry }] = next;
      try {
        const sent = await this.#options.send(entry);
        failures = 0;
        // First what the server now says, then one entry less: in between, the sample would look as if it were not judged.
        this.#options.onSent(sent);
        this.#remove(key);
        this.#tell(null);
      } catch (error) {
        if (!(error instanceof DeskError)) throw error;
        const { message, remedy } = error;
        if (error.kind === 'refused') {
          this.#put(key, { entry, refusal: { message, remedy } });
          this.#tell(null);
        } else {
          this.#tell({ message, remedy });
          await this.#wait(failures++);
        }
      }
    }
    this.#sending = false;
  }

  #next(): [string, Stored] | undefined {
    return this.#entries.entries().find(([, { refusal }]) => refusal === undefined);
  }

  #wait(failures: number): Promise<void> {
    const { delays } = this.#options;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delays[Math.min(failures, delays.length - 1)] ?? 0);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #put(key: string, stored: Stored): void {
    this.#entries.set(key, stored);
    try {
      this.#options.storage.setItem(key, JSON.stringify(stored));
    } catch {
      // Full or forbidden: said on the page, since a closed tab would lose it.
      this.#state = { ...this.#state, kept: false };
    }
  }

  #remove(key: string): void {
    this.#entries.delete(key);
    this.#options.storage.removeItem(key);
  }

  #tell(trouble: OutboxState['trouble'] = this.#state.trouble): void {
    const ordered = [...this.#entries];
    const pending = ordered.filter(([, { refusal }]) => refusal === undefined).map(([, { entry }]) => entry);
    const refused = ordered.flatMap(([key, { entry, refusal }]) => (refusal ? [{ key, entry, ...refusal }] : []));
    this.#state = { pending, refused, trouble, kept: this.#state.kept || pending.length === 0 };
    for (const listener of this.#listeners) listener();
  }
}

/** What cannot be read stays where it is, and does not keep the page from opening. */
function storedOf(value: string | null): Stored | null {
  try {
    return value === null ? null : (JSON.parse(value) as Stored);
  } catch {
    return null;
  }
}
