/**
 * How a run stands, by what lasts: result.json first, then its events, which may be cut, damaged or gone. Whether a process
 * works on it is the caller's to know.
 */
import { readJson } from '../folder/run-folder.js';
import { comparisonResultSchema, type ComparisonResult } from '../comparison/comparison-result.js';
import type { RunEvent } from '../run-events.js';
import { runResultSchema, type RunResult } from './run-result.js';

export interface RunEnd {
  status: 'complete' | 'interrupted' | 'failed';
  error: string | null;
}

/** What the events say of starts and ends. */
export interface EventsEnd {
  /** Cycles of the newest start; null without one. */
  cycles: number | null;
  /** Of the newest attempt; null where it told none. */
  end: RunEnd | null;
  /** Whether an attempt was complete, and a later one worked on its stages again. */
  reopened: boolean;
  completed: boolean;
}
export const noEvents: EventsEnd = { cycles: null, end: null, reopened: false, completed: false };

/** The next state after an event. */
export function afterEvent(before: EventsEnd, event: RunEvent): EventsEnd {
  if (event.type === 'run-start') return { ...before, cycles: event.cycles, end: null, reopened: false };
  if (event.type === 'stage-start') return before.completed ? { ...before, reopened: true } : before;
  if (event.type !== 'run-end') return before;
  const { status, error } = event;
  return { ...before, end: { status, error }, completed: before.completed || status === 'complete' };
}

/**
 * @param whole Whether every line of the events could be read: else what they do not say is no news.
 * @returns Null where the run has not ended.
 */
export function endOfRun(
  result: RunResult | ComparisonResult | null,
  { cycles, end, reopened }: EventsEnd,
  whole: boolean,
): RunEnd | null {
  if (end?.status === 'complete') return end;
  const ended = result === null || result.status === 'running' ? null : { status: result.status, error: result.error };
  if (ended?.status === 'complete') {
    // An attempt that was to go beyond that result, or made it anew, is told by whole events alone.
    const more = cycles !== null && result !== null && !isComparison(result) && cycles > result.cycles.length;
    return more || (reopened && whole) ? end : ended;
  }
  return whole && cycles !== null ? end : (ended ?? end);
}

export const isComparison = (result: RunResult | ComparisonResult): result is ComparisonResult => 'recipe' in result;

/** result.json of a loop, or of a recipe that compares. @throws DataError or ZodError where it is none of them. */
export function readResult(path: string): RunResult | ComparisonResult {
  const value = readJson(path);
  const compares = typeof value === 'object' && value !== null && 'recipe' in value;
  return compares ? comparisonResultSchema.parse(value) : runResultSchema.parse(value);
}
