/** Figures of one recipe over several seeds: those of a single one, with means and what they vary by. */
import type { Spread } from '../../evaluation/seed-spread.js';
import type { PooledComparison } from '../../loop/comparison/pooled-comparison.js';
import { inTableOrder } from '../../sample.js';
import { count, decimal, percent, percentPair, points } from '../numbers.js';
import type { Table } from '../html-table.js';
import type { HeatInput } from './accuracy-chart.js';
import type { Chart } from './chart.js';
import { accuracyBySize, accuracyRows, methodName, transferHeats } from './recipe-charts.js';

/** `81.2 ± 1.4 %`; without the deviation where only one seed has the figure. */
const percentOf = (spread: Spread | null | undefined): string =>
  spread === null || spread === undefined || spread.deviation === null
    ? percent(spread?.mean)
    : percentPair(spread.mean, spread.deviation, ' ± ');

const pointsOf = ({ mean, deviation }: Spread): string =>
  deviation === null ? points(mean) : points(mean).replace('\u00a0', ` ± ${decimal(100 * deviation, 1)}\u00a0`);

/** Mean and one standard deviation to both sides. */
const around = ({ mean, deviation }: Spread) => ({
  accuracy: mean,
  interval: deviation === null ? null : { low: mean - deviation, high: mean + deviation },
});

const rangeOf = ({ min, max }: Spread): string => `${percent(min)} to ${percent(max)}`;
const over = ({ seeds }: PooledComparison): string =>
  `Mean over ${seeds.length} seeds (${seeds.join(', ')}); lines are one standard deviation to both sides.`;

/** How many seeds have a figure, where it is the same for all: then it stands in the head. */
function seedsOf(spreads: readonly (Spread | null | undefined)[]): number | null {
  const counts = [...new Set(spreads.flatMap((spread) => spread?.n ?? []))];
  return counts.length === 1 ? (counts[0] ?? null) : null;
}

const headed = (name: string, spreads: readonly (Spread | null | undefined)[]): string => {
  const n = seedsOf(spreads);
  return n === null ? name : `${name} (n\u00a0=\u00a0${n})`;
};

/** Else each cell says it. */
const seedCell = (spread: Spread | null | undefined, all: readonly (Spread | null | undefined)[]): string =>
  spread === null || spread === undefined || seedsOf(all) !== null
    ? percentOf(spread)
    : `${percentOf(spread)} (n\u00a0=\u00a0${spread.n})`;

export function pooledTable({ arms }: PooledComparison): Table {
  const overall = arms.map(({ accuracy }) => accuracy);
  return {
    head: ['method', headed('overall', overall), 'lowest to highest', 'macro F1', 'samples', 'right among them'],
    rows: arms.map((arm) => [
      methodName(arm),
      seedCell(arm.accuracy, overall),
      rangeOf(arm.accuracy),
      percentOf(arm.macroF1),
      count(arm.samples?.mean),
      percentOf(arm.precision),
    ]),
  };
}

export function pooledByModality({ arms }: PooledComparison): Table {
  const modalities = inTableOrder(arms.flatMap(({ byModality }) => Object.keys(byModality)));
  const of = (name: string) => arms.map(({ byModality }) => byModality[name]);
  return {
    head: ['method', ...modalities.map((name) => headed(name, of(name)))],
    rows: arms.map((arm) => [methodName(arm), ...modalities.map((name) => seedCell(arm.byModality[name], of(name)))]),
  };
}

export function pooledAccuracy(pooled: PooledComparison): Chart | null {
  return accuracyRows({
    title: 'Accuracy of each model over the seeds',
    note: over(pooled),
    rows: pooled.arms.map(({ label, accuracy }) => ({ label, ...around(accuracy) })),
    table: {
      head: ['model', 'accuracy', 'lowest to highest', 'seeds'],
      rows: pooled.arms.map(({ label, accuracy }) => [label, percentOf(accuracy), rangeOf(accuracy), accuracy.n]),
    },
  });
}

export function pooledDataScale(pooled: PooledComparison): Chart | null {
  const { curves } = pooled;
  return accuracyBySize(
    curves.map(({ label, points: all }) => ({
      label,
      points: all.map(({ size, accuracy }) => ({ size: Math.round(size.mean), ...around(accuracy) })),
    })),
    {
      title: 'Accuracy by number of samples over the seeds',
      note: `After MedGR²’s Figure 2. ${over(pooled)}`,
      table: {
        head: ['series', 'samples', 'accuracy', 'lowest to highest', 'seeds', 'precision of the samples'],
        rows: curves.flatMap(({ label, points: all }) =>
          all.map(({ size, accuracy, precision }) => [
            label,
            count(size.mean),
            percentOf(accuracy),
            rangeOf(accuracy),
            accuracy.n,
            percentOf(precision),
          ]),
        ),
      },
    },
  );
}

/** Empty where the recipe has no grid. */
export function pooledTransfer({ grid, seeds }: PooledComparison): HeatInput[] {
  if (grid === null) return [];
  const cellOf = (row: string, column: string) =>
    grid.cells.find(({ trained, tested }) => trained === row && tested === column);
  const means = grid.cells.map(({ trained, tested, accuracy, gain }) => ({
    arm: trained,
    trained,
    tested,
    n: 0,
    correct: 0,
    accuracy: accuracy.mean,
    gain: gain.mean,
  }));
  const texts = [
    (row: string, column: string) => percentOf(cellOf(row, column)?.accuracy),
    (row: string, column: string) => {
      const cell = cellOf(row, column);
      return cell === undefined ? '–' : pointsOf(cell.gain);
    },
  ];
  return transferHeats({ ...grid, cells: means }).map((heat, i) => ({
    ...heat,
    title: `${heat.title}, over the seeds`,
    note: `Mean over ${seeds.length} seeds; the table below has the deviations. ${heat.note ?? ''}`.trim(),
    cellText: texts[i],
  }));
}

/** Of the pairs that the recipe compares; null where it compares none. */
export function pooledDifferences({ differences, arms }: PooledComparison): Table | null {
  const labelOf = (name: string): string => arms.find((arm) => arm.name === name)?.label ?? name;
  if (differences.length === 0) return null;
  return {
    head: ['difference, seed by seed', 'mean', 'lowest', 'highest', 'seeds'],
    rows: differences.map(({ first, second, gain }) => [
      `${labelOf(second)} less ${labelOf(first)}`,
      pointsOf(gain),
      points(gain.min),
      points(gain.max),
      gain.n,
    ]),
  };
}
