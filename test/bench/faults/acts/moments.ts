/** Moments of a run: which event of the undisturbed run a fault waits for, and which snapshot lies before it. */
import type { TimedEvent } from '../../../../src/loop/run-events.js';
import type { Reference, Snapshot } from '../reference.js';

export interface Chosen {
  /** Start of the trial; null where it starts from nothing. */
  snapshot: Snapshot | null;
  /** The event to wait for, and how many like it pass before. */
  event: TimedEvent;
  before: number;
}

/** Just after a checkpoint was written, while a job is at work, or whenever. */
export type Moment = 'checkpoint' | 'job' | 'random';

/** Events that a job or a stage tells while it is at work. */
const isMoment: Readonly<Record<Moment, (event: TimedEvent) => boolean>> = {
  checkpoint: (event) => event.type === 'job' && event.event.type === 'checkpoint',
  job: (event) => event.type === 'job' && ['job-start', 'train-step', 'rewards'].includes(event.event.type),
  random: (event) =>
    event.type === 'stage-start' ||
    (event.type === 'job' &&
      ['job-start', 'train-step', 'progress', 'checkpoint', 'rewards'].includes(event.event.type)),
};

/** @param draw In [0, 1). */
export function chooseMoment({ events, snapshots }: Reference, moment: Moment, draw: number): Chosen {
  const fitting = events.flatMap((event, index) => (isMoment[moment](event) ? [index] : []));
  const index = fitting[Math.floor(draw * fitting.length)] ?? 0;
  const event = events[index] as TimedEvent;
  const ends = events.map((known) => keyOf(known));
  // A whole snapshot: a trial that starts within a stage would wait for events that are past.
  const snapshot = snapshots.findLast((known) => known.whole && eventOf(known, events) < index) ?? null;
  const from = snapshot === null ? 0 : eventOf(snapshot, events) + 1;
  const before = ends.slice(from, index).filter((key) => key === keyOf(event)).length;
  return { snapshot, event, before };
}

/** Tells when the chosen event has come. */
export function waitsFor({ event, before }: Pick<Chosen, 'event' | 'before'>): (event: TimedEvent) => boolean {
  const key = keyOf(event);
  let left = before;
  return (next) => {
    if (keyOf(next) !== key) return false;
    left -= 1;
    return left === -1;
  };
}

/** What is the same of an event in every run. */
function keyOf(event: TimedEvent): string {
  const place = 'stage' in event ? `${event.cycle}/${event.stage}` : '';
  const step = event.type === 'job' && 'step' in event.event ? event.event.step : '';
  return [event.type, place, event.type === 'job' ? event.event.type : '', step].join(' ');
}

/** Snapshots come from a run of their own, which may tell some events more or fewer: its place among these events. */
function eventOf({ name }: Snapshot, events: readonly TimedEvent[]): number {
  const [, cycle, stage] = /^\d+-cycle-(\d+)-(.+?)(?:-checkpoint-\d+)?$/.exec(name) ?? [];
  return events.findIndex(
    (event) => event.type === 'stage-end' && event.cycle === Number(cycle) && event.stage === stage,
  );
}

/** The newest whole snapshot before a stage began. */
export function snapshotBefore({ events, snapshots }: Reference, cycle: number, stage: string): Snapshot | null {
  const index = events.findIndex(
    (event) => event.type === 'stage-start' && event.cycle === cycle && event.stage === stage,
  );
  return snapshots.findLast((known) => known.whole && eventOf(known, events) < index) ?? null;
}

/** Seconds that the undisturbed run took from a snapshot to its end, with the start of Python that every attempt pays. */
export function secondsFrom(
  { events, seconds, finishedSeconds }: Reference,
  snapshot: Snapshot | 'finished' | null,
): number {
  if (snapshot === null) return seconds;
  if (snapshot === 'finished') return finishedSeconds;
  const at = events[eventOf(snapshot, events)];
  const end = events.at(-1);
  const start = events.find((event) => event.type === 'job');
  const begin = events[0];
  if (at === undefined || end === undefined || at === end) return finishedSeconds;
  const between = (one?: TimedEvent, other?: TimedEvent): number =>
    one === undefined || other === undefined ? 0 : (Date.parse(other.time) - Date.parse(one.time)) / 1000;
  return between(at, end) + between(begin, start) + finishedSeconds / 2;
}
