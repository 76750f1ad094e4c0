/** events.jsonl: written before anyone is told, so that readers of the file and of the call see the same. */
import type { RunEvent, TimedEvent } from '../run-events.js';
import { appendJsonLine, mendTail } from './json-lines.js';

/** @param holds Throws where the folder is another process's by now: then nothing is written. */
export function openEvents(
  file: string,
  onEvent: ((event: TimedEvent) => void) | undefined,
  holds: () => void = () => {},
): (event: RunEvent) => void {
  mendTail(file);
  return (event) => {
    const timed: TimedEvent = { time: new Date().toISOString(), ...event };
    holds();
    appendJsonLine(file, timed);
    onEvent?.(timed);
  };
}
