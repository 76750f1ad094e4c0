/**
 * The screen's state, brought up to date ten times a second from wherever events come. However many events there are, the
 * screen changes at that pace, and a change that came to nothing draws nothing.
 */
import type { TimedEvent } from '../../loop/run-events.js';
import { forTerminalDeep } from '../../terminal-text.js';
import { lineTeller } from '../event-lines.js';
import { reduce } from '../state/reduce.js';
import { initialState, type ScreenState } from '../state/screen-state.js';

export interface Source {
  /** Events since the last call; `more` where others wait already; `ended` where none will ever come. */
  read(): Promise<{ events: readonly TimedEvent[]; more: boolean; ended?: boolean }>;
  /** What the screen calls now: the time of day, or the time in a replay; milliseconds since 1970. */
  now(): number;
  /** Of a recipe that runs with several: all there are to be. */
  seeds?: readonly number[];
  close(): Promise<void>;
}

export interface Feed {
  state(): ScreenState;
  now(): number;
  /** @returns A function that takes the listener away. */
  subscribe(listener: () => void): () => void;
  /** Resolves when all that is there has been read once. */
  caughtUp: Promise<void>;
  close(): Promise<void>;
}

const paceMs = 100;

export function openFeed(source: Source): Feed {
  const listeners = new Set<() => void>();
  const tell = lineTeller();
  let state = { ...initialState, seeds: source.seeds ?? [] };
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>();

  const turn = async (): Promise<void> => {
    // A file system that fails for a moment is asked again; the run is not the screen's to end.
    const { events, more, ended } = await source.read().catch(() => ({ events: [], more: false, ended: false }));
    for (const told of events) {
      const event = forTerminalDeep(told);
      state = reduce(state, event, tell(event));
    }
    if (!more) resolve();
    if (events.length > 0) for (const listener of listeners) listener();
    if (closed || ended === true) return;
    // While it catches up with a long file it goes on at once, else it rests.
    timer = setTimeout(() => void turn(), more ? 0 : paceMs);
  };
  void turn();

  return {
    state: () => state,
    now: source.now,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    caughtUp,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await source.close();
    },
  };
}
