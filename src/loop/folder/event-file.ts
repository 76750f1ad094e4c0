/** events.jsonl: written before anyone is told, so that readers of the file and of the call see the same. */
import { messageOf } from '../../errors.js';
import type { RunEvent, TimedEvent } from '../run-events.js';
import { appendJsonLine, mendTail } from './json-lines.js';

/**
 * @param onEvent A watcher's: where it throws or rejects, the run goes on and says so once.
 * @param holds Throws where the folder is another process's by now: then nothing is written.
 */
export function openEvents(
  file: string,
  onEvent: ((event: TimedEvent) => unknown) | undefined,
  holds: () => void = () => {},
): (event: RunEvent) => void {
  mendTail(file);
  let complained = false;
  const write = (event: RunEvent): TimedEvent => {
    const timed: TimedEvent = { time: new Date().toISOString(), ...event };
    holds();
    appendJsonLine(file, timed);
    return timed;
  };
  const complain = (thrown: unknown): void => {
    if (complained) return;
    complained = true;
    const message = `onEvent failed, and the run goes on without regard to it: ${messageOf(thrown)}`;
    try {
      write({ type: 'warning', message });
    } catch {} // a rejection may come when the folder is another's, or the disk full: the run hears of that itself
  };
  return (event) => {
    const timed = write(event);
    try {
      const told = onEvent?.(timed);
      if (told instanceof Promise) told.catch(complain);
    } catch (thrown) {
      complain(thrown);
    }
  };
}
