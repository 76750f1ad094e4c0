/** Where the screen's events come from: a run's file as it grows, or the same file played back; or those of several seeds. */
import type { TimedEvent } from '../../loop/run-events.js';
import type { Source } from './feed.js';
import { readEvents, type EventReader } from './follow-file.js';
import { readSeedEvents } from './seed-events.js';

/** Follows a run that is going, or shows the end of one that is over. */
export const followFile = (file: string, onUnreadable?: (line: string) => void): Source =>
  follow(readEvents(file, onUnreadable));

/** The same for the seeds of a recipe. @param seeds Those there are to be, in order. */
export const followSeeds = (folder: string, seeds: readonly number[]): Source => ({
  ...follow(readSeedEvents(folder)),
  seeds,
});

function follow(reader: EventReader): Source {
  return { read: () => reader.read(), now: () => Date.now(), close: () => reader.close() };
}

/** Most events given at once: a machine too slow for the pace falls behind, but it shows what it has and holds no more. */
const mostAtOnce = 500;

export interface Replay extends Source {
  /** Whether all there is has been played. */
  atEnd(): boolean;
}

/**
 * Plays a run back `speed` times as fast as it went. Time between attempts on the same folder is left out.
 * @param clock Milliseconds from any start.
 */
export function replayFile(file: string, speed: number, clock: () => number = () => performance.now()): Replay {
  return replay(readEvents(file), speed, clock);
}

/** The same for the seeds of a recipe. */
export const replaySeeds = (folder: string, seeds: readonly number[], speed: number): Replay => ({
  ...replay(readSeedEvents(folder), speed, () => performance.now()),
  seeds,
});

function replay(reader: EventReader, speed: number, clock: () => number): Replay {
  const waiting: TimedEvent[] = [];
  /** Time in the recording that the clock's `origin` stands for. */
  let [at, origin]: [number | null, number] = [null, clock()];
  let atEnd = false;
  const now = (): number => (at ?? 0) + (clock() - origin) * speed;
  const fill = async (): Promise<void> => {
    while (!atEnd && waiting.length < 1000) {
      const { events, more } = await reader.read();
      waiting.push(...events);
      atEnd = !more;
    }
  };
  const startAt = (time: number): void => {
    at = time;
    origin = clock();
  };
  return {
    now,
    atEnd: () => atEnd && waiting.length === 0,
    read: async () => {
      await fill();
      const due: TimedEvent[] = [];
      for (let next = waiting[0]; next !== undefined && due.length < mostAtOnce; next = waiting[0]) {
        const time = Date.parse(next.time);
        if (at === null || next.type === 'run-start') startAt(time);
        if (time > now()) break;
        waiting.shift();
        due.push(next);
        if (waiting.length === 0) await fill();
      }
      return { events: due, more: due.length === mostAtOnce, ended: waiting.length === 0 && atEnd };
    },
    close: () => reader.close(),
  };
}
