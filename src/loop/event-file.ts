/** events.jsonl: written before anyone is told, so that readers of the file and of the call see the same. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunEvent, TimedEvent } from './events.js';
import { appendJsonLine, openJsonLines } from './json-lines.js';

export function openEvents(
  file: string,
  onEvent: ((event: TimedEvent) => void) | undefined,
): (event: RunEvent) => void {
  mkdirSync(dirname(file), { recursive: true });
  openJsonLines(file);
  return (event) => {
    const timed: TimedEvent = { time: new Date().toISOString(), ...event };
    appendJsonLine(file, timed);
    onEvent?.(timed);
  };
}
