/** A comparison as a grid of arms × seeds: which are done, which is at work, and what each was measured at. From events alone. */
import { spreadOf } from '../../evaluation/seed-spread.js';
import type { StageName, TimedEvent } from '../../loop/run-events.js';
import { stageKey } from './stage-key.js';

export interface Arm {
  name: string;
  /** As tables print it. */
  label: string;
}

/** One arm at one seed. */
export interface Cell {
  status: 'waiting' | 'running' | 'done';
  /** The stage at work, or that was when the run was left. */
  stage: StageName | null;
  /** On the test questions; null before it is measured, and where the event that told it is lost. */
  accuracy: number | null;
  questions: number | null;
  /** Seconds of its finished stages, by cycle and stage. */
  seconds: Readonly<Record<string, number>>;
}

export interface Grid {
  arms: readonly Arm[];
  /** By seed, then by arm; what all arms share goes by `shared`. */
  cells: Readonly<Record<number, Readonly<Record<string, Cell>>>>;
  /** The arm at work; null between arms, and while what they share is made. */
  atWork: string | null;
}

/** No arm has that name: theirs begin with a letter or digit. */
export const shared = '(shared)';

const waiting: Cell = { status: 'waiting', stage: null, accuracy: null, questions: null, seconds: {} };

/** Those of a grid's columns: a recipe that runs once has one. */
export const seedsOf = ({ seeds, seed }: { seeds: readonly number[]; seed: number | null }): readonly number[] =>
  seeds.length > 0 ? seeds : seed === null ? [] : [seed];

export const cellOf = (grid: Grid, seed: number, arm: string): Cell => grid.cells[seed]?.[arm] ?? waiting;

/** The grid after an event; null of a loop, which has no arms. */
export function reduceGrid(grid: Grid | null, event: TimedEvent, seed: number): Grid | null {
  if (event.type === 'run-start') {
    if (event.arms === undefined) return null;
    // All there can be, until the data are open: they may hold fewer domains. What they held at another seed is known.
    const arms = grid?.arms ?? event.arms.map((name) => ({ name, label: name }));
    return idle({ cells: {}, ...grid, arms, atWork: null }, event.seed);
  }
  if (grid === null) return null;
  if (event.type === 'arms') return { ...grid, arms: event.arms };
  if (event.type === 'run-end') return idle({ ...grid, atWork: null }, seed);
  if (event.type === 'stage-start') {
    const { stage, arm } = event;
    return withCell({ ...grid, atWork: arm ?? null }, seed, arm, () => ({ status: 'running', stage }));
  }
  if (event.type === 'stage-skip')
    return withCell({ ...grid, atWork: null }, seed, event.arm, ({ status, seconds }) => ({
      status: event.stage === 'evaluate' || status === 'done' ? 'done' : 'waiting',
      stage: null,
      // It takes no time any more; how long it took is not told again.
      seconds: { [stageKey(event.cycle, event.stage)]: 0, ...seconds },
    }));
  if (event.type !== 'stage-end') return grid;
  return withCell(grid, seed, event.arm, ({ seconds }) => ({
    ...measured(event),
    stage: null,
    seconds: { ...seconds, [stageKey(event.cycle, event.stage)]: event.seconds },
  }));
}

/** An arm is done when it has been measured; loops within arms measure by stages of other names. */
function measured({ stage, metrics }: Extract<TimedEvent, { type: 'stage-end' }>): Partial<Cell> {
  if (stage !== 'evaluate') return {};
  const { accuracy, questions } = metrics;
  return {
    status: 'done',
    accuracy: typeof accuracy === 'number' ? accuracy : null,
    questions: typeof questions === 'number' ? questions : null,
  };
}

function withCell(grid: Grid, seed: number, arm: string | undefined, change: (cell: Cell) => Partial<Cell>): Grid {
  const name = arm ?? shared;
  const cell = cellOf(grid, seed, name);
  return { ...grid, cells: { ...grid.cells, [seed]: { ...grid.cells[seed], [name]: { ...cell, ...change(cell) } } } };
}

/** What was at work in an attempt that is over is at work no more. */
function idle(grid: Grid, seed: number): Grid {
  const own = Object.entries(grid.cells[seed] ?? {}).map(([name, cell]): [string, Cell] => [
    name,
    cell.status === 'running' ? { ...cell, status: 'waiting', stage: null } : cell,
  ]);
  return { ...grid, cells: { ...grid.cells, [seed]: Object.fromEntries(own) } };
}

/** How many of how many are measured, over all seeds. */
export function measuredCount(grid: Grid, seeds: readonly number[]): { done: number; total: number } {
  const cells = seeds.flatMap((seed) => grid.arms.map(({ name }) => cellOf(grid, seed, name)));
  return { done: cells.filter(({ status }) => status === 'done').length, total: cells.length };
}

/** Mean accuracy of an arm over the seeds that have it; null before there is one. */
export const accuracyOf = (grid: Grid, seeds: readonly number[], arm: string): ReturnType<typeof spreadOf> =>
  spreadOf(seeds.map((seed) => cellOf(grid, seed, arm).accuracy));

/** Mean of what an arm is above another, seed by seed: over those alone that have both; null where none has. */
export function gainOver(grid: Grid, seeds: readonly number[], arm: string, other: string): number | null {
  const gains = seeds.map((seed) => {
    const [own, before] = [cellOf(grid, seed, arm).accuracy, cellOf(grid, seed, other).accuracy];
    return own === null || before === null ? null : own - before;
  });
  return spreadOf(gains)?.mean ?? null;
}

export const isOver = (grid: Grid, seed: number): boolean =>
  grid.arms.every(({ name }) => cellOf(grid, seed, name).status === 'done');

export const secondsOf = ({ seconds }: Cell): number => Object.values(seconds).reduce((sum, value) => sum + value, 0);
