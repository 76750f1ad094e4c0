/** How long a comparison will still take: the stages of each arm at each seed, as they took elsewhere in the grid. Pure. */
import { ratesOf, workSeconds, type FinishedWork, type Rates } from '../../loop/foresight/work-rates.js';
import type { StageWork } from '../../loop/foresight/work-schema.js';
import { cellOf, seedsOf, shared, type Grid } from './arms.js';
import type { ScreenState } from './screen-state.js';
import { stageKey } from './stage-key.js';

/** @returns Seconds of a whole stage; null where nothing is known that it could be judged by. */
export type GridForesight = (work: StageWork) => number | null;

/** @param otherwise What the stage at work lets expect, while no stage has ended. */
export function gridForesight(state: ScreenState, grid: Grid, otherwise: readonly FinishedWork[]): GridForesight {
  const finished = seedsOf(state).flatMap((seed) =>
    state.work.flatMap((work) => {
      const seconds = secondsAt(grid, seed, work);
      return seconds === undefined || seconds === 0 ? [] : [{ work, seconds }];
    }),
  );
  const rates = ratesOf(finished) ?? ratesOf(otherwise);
  return (work) => {
    const alike = finished.filter((item) => item.work.stage === work.stage);
    // At another seed, the very same.
    const same = alike.filter((item) => item.work === work);
    if (same.length > 0) return same.reduce((sum, { seconds }) => sum + seconds, 0) / same.length;
    if (rates === null) return null;
    const newest = alike.at(-1);
    return newest === undefined ? workSeconds(work, rates) : newest.seconds * proportion(work, newest.work, rates);
  };
}

/** How much longer one stage takes than another, by such rates. */
export function proportion(own: StageWork, then: StageWork, rates: Rates): number {
  const [now, earlier] = [workSeconds(own, rates), workSeconds(then, rates)];
  return earlier > 0 ? now / earlier : 1;
}

/**
 * Seconds of the run: the stage at work, and what no arm has done at its seed.
 * @param stage What the stage at work will still take. @returns Null where a stage cannot be judged.
 */
export function gridLeft(
  state: ScreenState,
  grid: Grid,
  stage: number | null,
  foresight: GridForesight,
): number | null {
  if (stage === null || state.work.length === 0) return null;
  let left = stage;
  for (const seed of seedsOf(state))
    for (const work of state.work) {
      if (isAtWork(state, grid, seed, work) || isOver(grid, seed, work)) continue;
      const seconds = foresight(work);
      if (seconds === null) return null;
      left += seconds;
    }
  return left;
}

const isAtWork = ({ current, seed: own }: ScreenState, { atWork }: Grid, seed: number, work: StageWork): boolean =>
  seed === own && current?.cycle === work.cycle && current.stage === work.stage && atWork === (work.arm ?? null);

/** What all share is made for the arms: with them it is over, made or not. */
function isOver(grid: Grid, seed: number, work: StageWork): boolean {
  const arms = work.arm === undefined ? grid.arms.map(({ name }) => name) : [work.arm];
  return secondsAt(grid, seed, work) !== undefined || arms.every((name) => cellOf(grid, seed, name).status === 'done');
}

const secondsAt = (grid: Grid, seed: number, { arm, cycle, stage }: StageWork): number | undefined =>
  cellOf(grid, seed, arm ?? shared).seconds[stageKey(cycle, stage)];
