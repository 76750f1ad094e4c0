/** Tells a person's own sinks what happens, each event after the one before. What they do never ends a run. */
import { messageOf } from '../../errors.js';
import { frozen } from './checked-parts.js';
import type { TimedEvent } from '../run-events.js';
import type { EventSink } from './loop-parts.js';

/** How long the end of a run waits for what sinks still have to do, in milliseconds. */
const longestClose = 30_000;

export interface OpenSinks extends AsyncDisposable {
  tell(event: TimedEvent): void;
}

/** @param told Hears once of a sink that failed, and is left out from then on. */
export function openSinks(sinks: readonly EventSink[], told: (message: string) => void): OpenSinks {
  const lines = sinks.map((sink) => openLine(sink, told));
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

function openLine(sink: EventSink, told: (message: string) => void) {
  let works = true;
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  const hand = async (before: Promise<void>, event: TimedEvent): Promise<void> => {
    await before;
    try {
      if (works) await sink.event(event);
    } catch (error) {
      if (!works) return; // it was given up, and that was told
      works = false;
      told(`the event sink "${sink.name}" failed and hears no more: ${messageOf(error)}`);
    } finally {
      waiting -= 1;
    }
  };
  const finish = async (): Promise<void> => {
    await last;
    if (works) await sink.close?.();
  };
  return {
    tell: (event: TimedEvent): void => {
      waiting += 1;
      last = hand(last, event);
    },
    close: async (): Promise<void> => {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        const unheard = waiting === 0 ? '' : `; events that it has not heard to the end: ${waiting}`;
        late.reject(new Error(`it was not done within ${longestClose / 1000} s${unheard}`));
      }, longestClose);
      try {
        await Promise.race([finish(), late.promise]);
      } catch (error) {
        works = false;
        // The run's events have ended: standard error is what is left.
        process.emitWarning(`the event sink "${sink.name}" did not close: ${messageOf(error)}`);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
