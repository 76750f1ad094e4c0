/** Words of progress -> how fast the stage at work goes. */
import type { Pace } from './screen-state.js';

/** @param steps Whether a trainer's steps are counted. @param at Milliseconds since 1970. */
export function addProgress(
  pace: Pace | null,
  { done, total, steps }: { done: number; total: number; steps: boolean },
  at: number,
): Pace {
  // A count that begins anew, or counts something else, is the next job's.
  const next = pace !== null && (pace.steps !== steps || done < pace.done - pace.before);
  // Counts of rows and of steps do not add up: a stage that trains is as far as its steps.
  const before = pace === null ? 0 : next ? (steps || pace.steps ? 0 : pace.total) : pace.before;
  const sum = before + done;
  const first = pace === null || (next && before === 0) ? { at, done: sum } : (pace.first ?? { at, done: sum });
  return { done: sum, total: before + total, steps, before, at, first };
}
