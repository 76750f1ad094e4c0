/** The events of a run's folder, and the moments of it that make a picture. */
import { join } from 'node:path';
import type { StageName, TimedEvent } from '../../src/loop/run-events.js';
import { readEvents } from '../../src/tui/events/follow-file.js';

export interface Moment {
  cycle: number;
  stage: StageName;
  /** Of a comparison. */
  arm: string | undefined;
  /** Place of the last event that the picture knows. */
  until: number;
}

export async function recordedEvents(run: string): Promise<TimedEvent[]> {
  const reader = readEvents(join(run, 'events.jsonl'));
  const events: TimedEvent[] = [];
  for (let more = true; more;) {
    const read = await reader.read();
    events.push(...read.events);
    ({ more } = read);
  }
  await reader.close();
  return events;
}

const isStep = (event: TimedEvent | undefined): boolean => event?.type === 'job' && event.event.type === 'train-step';

/** One for each stage of each cycle, in the order in which they ended: two thirds into what it tells of its work. */
export function momentsOf(events: readonly TimedEvent[]): Moment[] {
  return events.flatMap((event, end) => {
    if (event.type !== 'stage-end') return [];
    const { cycle, stage, arm } = event;
    const isOf = (other: TimedEvent): boolean =>
      'stage' in other && other.stage === stage && 'cycle' in other && other.cycle === cycle && other.arm === arm;
    const start = events.findLastIndex((other, at) => at < end && other.type === 'stage-start' && isOf(other));
    const told = events.flatMap((other, at) => (at > start && at < end && isOf(other) ? [at] : []));
    const steps = told.filter((at) => isStep(events[at]));
    const work = steps.length > 0 ? steps : told;
    return [{ cycle, stage, arm, until: work[Math.floor(work.length * 0.66)] ?? end - 1 }];
  });
}
