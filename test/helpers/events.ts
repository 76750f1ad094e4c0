/** Events as a run stored them. */
import type { TimedEvent } from '../../src/loop/run-events.js';

export const parseEvents = (text: string): TimedEvent[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TimedEvent);
