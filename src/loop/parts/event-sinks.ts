/**
 * Tells a person's own sinks what happens, each event after the one before. What they do never ends a run, and never makes it wait:
 * what a sink that is behind has not heard stands in events.jsonl, and is told from there, if need be by the next attempt.
 */
import { statSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import { linesOf } from '../folder/json-lines.js';
import { readOrNull, writeJson } from '../folder/run-folder.js';
import type { TimedEvent } from '../run-events.js';
import { frozen } from './checked-parts.js';
import type { EventSink } from './loop-parts.js';

/** How long the end of a run waits for what sinks still have to do, in milliseconds. */
const longestClose = 30_000;
/** Milliseconds that a sink gets for an event until a person is told. */
const patience = 60_000;
/** Most events that are held for a sink; of more, the file has them. */
const mostHeld = 1000;

/** By name, how many bytes of events.jsonl a sink that is behind has heard. */
const positionsSchema = z.record(z.string(), z.int().min(0));

export interface SinkFiles {
  /** events.jsonl, whose every event is there before it is told here. */
  events: string;
  /** Where sinks that are behind are written down; a file of its own. */
  positions: string;
}

export interface OpenSinks extends AsyncDisposable {
  tell(event: TimedEvent): void;
}

/** @param told Hears once of a sink that failed, and is left out from then on, and once of one that takes long. */
export function openSinks(
  sinks: readonly EventSink[],
  { events, positions }: SinkFiles,
  told: (message: string) => void,
): OpenSinks {
  const behind = new Map(
    Object.entries(sinks.length === 0 ? {} : (readOrNull(positions, positionsSchema, told) ?? {})),
  );
  const note = (name: string, position: number | null): void => {
    if ((behind.get(name) ?? null) === position) return;
    if (position === null) behind.delete(name);
    else behind.set(name, position);
    try {
      writeJson(positions, Object.fromEntries(behind));
    } catch {} // the disk is full: the run hears of that itself
  };
  const lines = sinks.map((sink) => {
    const from = behind.get(sink.name) ?? null;
    return new SinkLine(sink, { events, from, told, note: (position) => note(sink.name, position) });
  });
  return {
    tell: (event) => {
      if (lines.length > 0) frozen(event);
      lines.forEach((line) => line.tell(event));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(lines.map((line) => line.close()));
    },
  };
}

interface LineOptions {
  events: string;
  /** Where an earlier attempt left it behind; null where it is to hear what comes. */
  from: number | null;
  told: (message: string) => void;
  /** Writes down how far it has come; null: it is not behind. */
  note: (position: number | null) => void;
}

/** An event, and the byte of events.jsonl after it. */
interface Held {
  event: TimedEvent;
  end: number;
}

/** What one sink has heard, and has to hear yet. */
class SinkLine {
  readonly #sink: EventSink;
  readonly #options: LineOptions;
  #works = true;
  #toldLate = false;
  /** Bytes of the file that it has heard to the end, and that there are. */
  #heard: number;
  #written: number;
  /** What comes next; null where the file alone has all of it. */
  #held: Held[] | null;
  #telling: Promise<void> | null = null;

  constructor(sink: EventSink, options: LineOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#heard = options.from ?? sizeOf(options.events);
    this.#written = this.#heard;
    this.#held = options.from === null ? [] : null;
  }

  tell(event: TimedEvent): void {
    if (!this.#works) return;
    this.#written = sizeOf(this.#options.events);
    if (this.#held !== null && this.#held.push({ event, end: this.#written }) > mostHeld) this.#held = null;
    this.#begin();
  }

  async close(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const rest = this.#isBehind ? '; what it has not heard is told when the same command is given again' : '';
      late.reject(new Error(`it was not done within ${longestClose / 1000} s${rest}`));
    }, longestClose);
    try {
      await Promise.race([this.#finish(), late.promise]);
    } catch (error) {
      if (this.#works && this.#isBehind) this.#options.note(this.#heard);
      this.#works = false;
      // The run's events have ended: standard error is what is left.
      process.emitWarning(`the event sink "${this.#sink.name}" did not close: ${messageOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  get #isBehind(): boolean {
    return this.#heard < this.#written;
  }

  async #finish(): Promise<void> {
    while (this.#telling !== null) await this.#telling;
    if (this.#works) await this.#sink.close?.();
  }

  #begin(): void {
    this.#telling ??= Promise.resolve()
      .then(() => this.#tellAll())
      .finally(() => {
        this.#telling = null;
        if (this.#works && this.#isBehind) this.#begin(); // told while the last one ended
      });
  }

  async #tellAll(): Promise<void> {
    const { note, told } = this.#options;
    try {
      while (this.#works && this.#isBehind) {
        const next = this.#held?.shift();
        await (next === undefined ? this.#tellFromFile() : this.#hand(next));
      }
      if (this.#works) note(null);
    } catch (error) {
      if (!this.#works) return; // it was given up, and that was told
      this.#works = false;
      note(null);
      told(`the event sink "${this.#sink.name}" failed and hears no more: ${messageOf(error)}`);
    }
  }

  async #tellFromFile(): Promise<void> {
    this.#held = [];
    for (const one of eventsFrom(this.#options.events, this.#heard)) {
      if (this.#works) await this.#hand(one);
      if (!this.#works || !this.#isBehind) break;
    }
    // `held` may have been given up meanwhile, and what is left of it been read.
    this.#held = (this.#held as Held[] | null)?.filter(({ end }) => end > this.#heard) ?? null;
  }

  async #hand({ event, end }: Held): Promise<void> {
    const timer = setTimeout(() => this.#beLate(event), patience);
    try {
      await this.#sink.event(event);
      this.#heard = end;
    } finally {
      clearTimeout(timer);
    }
  }

  #beLate({ type }: TimedEvent): void {
    const { note, told } = this.#options;
    note(this.#heard);
    if (this.#toldLate) return;
    this.#toldLate = true;
    told(
      `the event sink "${this.#sink.name}" has not taken an event (${type}) for ${patience / 1000} s: the run goes on without it; ` +
        'what it has not heard is told when it answers, or when the same command is given again',
    );
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function* eventsFrom(file: string, from: number): Generator<Held> {
  let end = from;
  for (const line of linesOf(file, { from })) {
    if (line === null) throw new Error(`${file} has a line that is none of a run's after byte ${end}`);
    end += Buffer.byteLength(line) + 1;
    yield { event: frozen(JSON.parse(line) as TimedEvent), end };
  }
}
