/** Progress of the generator -> what its panel shows. */
import type { TimedEvent } from '../../loop/run-events.js';
import { sampleOnOneLine } from './one-line.js';
import type { Generating } from './screen-state.js';

/** Time over which the request rate is taken, in milliseconds. */
const rateWindowMs = 30_000;
/** Samples kept beside the newest; more than a tall terminal shows. */
const keptEarlier = 30;

export function reduceGeneration(
  before: Generating | null,
  event: Extract<TimedEvent, { type: 'stage-progress' }>,
  at: number,
): Generating | null {
  if (event.stage !== 'generate') return before;
  const { cycle, done, total, detail, dropped, repaired } = event;
  const newest = event.newest === undefined ? undefined : sampleOnOneLine(event.newest);
  const earlier = before?.cycle === cycle ? before : null;
  const shown = before?.newest ?? null;
  const recent = [...(earlier?.recent ?? []), [at, done] as const].filter(([time]) => at - time <= rateWindowMs);
  return {
    cycle,
    done,
    total,
    counts: detail,
    dropped: dropped ?? earlier?.dropped ?? {},
    repaired: repaired ?? earlier?.repaired ?? {},
    newest: newest ?? earlier?.newest ?? before?.newest ?? null,
    earlier:
      newest === undefined || shown === null
        ? (before?.earlier ?? [])
        : [shown, ...(before?.earlier ?? [])].slice(0, keptEarlier),
    recent,
  };
}

/** Ended requests per second over the last half minute; null where there is no basis. */
export function requestRate({ recent }: Pick<Generating, 'recent'>): number | null {
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || last[0] <= first[0]) return null;
  return ((last[1] - first[1]) * 1000) / (last[0] - first[0]);
}
