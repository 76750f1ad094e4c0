/** The grid of a comparison as text: a row for each arm, figures as they come. Screen and `status` print the same. Pure. */
import { wilsonInterval } from '../../evaluation/wilson.js';
import { baseArm } from '../../loop/comparison/arm-plan.js';
import { formatSeconds, percent, percentPair, signedPoints } from '../../format.js';
import { wordsOf } from '../../loop/stage-names.js';
import { accuracyOf, cellOf, gainOver, secondsOf, shared, type Cell, type Grid } from '../state/arms.js';

export interface GridRow {
  /** Null of what all arms share. */
  arm: string | null;
  status: Cell['status'];
  cells: string[];
}

const marks = { waiting: '○', running: '●', done: '✓' } as const;

/** @param seeds Columns; with one alone its interval stands there instead of a spread. */
export function gridTable(grid: Grid, seeds: readonly number[]): { head: string[]; rows: GridRow[] } {
  const several = seeds.length > 1;
  const [only = 0] = seeds;
  const head = several
    ? ['model', ...seeds.map((seed) => `seed ${seed}`), 'mean ± sd', 'over base']
    : ['model', 'accuracy', '95 %', 'over base', 'time'];
  const rows = grid.arms.map(({ name, label }): GridRow => {
    const cells = seeds.map((seed) => cellOf(grid, seed, name));
    const spread = accuracyOf(grid, seeds, name);
    const gain = name === baseArm ? null : gainOver(grid, seeds, name, baseArm);
    const against = gain === null ? '–' : signedPoints(gain);
    const status = cells.some((cell) => cell.status === 'running')
      ? 'running'
      : cells.every((cell) => cell.status === 'done')
        ? 'done'
        : 'waiting';
    const own = cellOf(grid, only, name);
    const figures = several
      ? [...cells.map(cellText), spread === null ? '–' : meanText(spread), against]
      : [cellText(own), intervalText(own), against, timeText(own)];
    return { arm: name, status, cells: [label, ...figures] };
  });
  const before = seeds.map((seed) => cellOf(grid, seed, shared));
  if (before.every(({ seconds, status }) => status === 'waiting' && Object.keys(seconds).length === 0))
    return { head, rows };
  const made = before.map((cell) => (cell.status === 'running' ? cellText(cell) : timeText(cell)));
  const first: GridRow = {
    arm: null,
    status: before.some(({ stage }) => stage !== null) ? 'running' : 'done',
    cells: [
      'what all share',
      ...(several
        ? [...made, '', '']
        : [before[0]?.stage === null ? '' : cellText(before[0]), '', '', timeText(before[0])]),
    ],
  };
  return { head, rows: [first, ...rows] };
}

/** `89.4 %`, `● GRPO`, `○`; a figure that is lost is a tick. */
function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  if (cell.status === 'done') return cell.accuracy === null ? marks.done : percent(cell.accuracy);
  if (cell.stage !== null) return `${marks.running} ${wordsOf(cell.stage).name}`;
  return cell.status === 'waiting' ? marks.waiting : '';
}

/** Wilson's, as the report's. */
function intervalText({ accuracy, questions }: Cell): string {
  if (accuracy === null || questions === null) return '';
  const interval = wilsonInterval(Math.round(accuracy * questions), questions);
  return interval === null ? '' : percentPair(interval.low, interval.high, '–');
}

const meanText = ({ mean, deviation }: NonNullable<ReturnType<typeof accuracyOf>>): string =>
  deviation === null ? percent(mean) : percentPair(mean, deviation, ' ± ');

function timeText(cell: Cell | undefined): string {
  const seconds = cell === undefined ? 0 : secondsOf(cell);
  return seconds === 0 ? '' : formatSeconds(seconds);
}
