/** Figures of a recipe that compares models: Table 1, the data-scale curves of Figure 2 and the transfer grid of Figure 4. */
import type { ArmResult, ComparisonResult, Curve, TransferGrid } from '../../loop/comparison/comparison-result.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import { wilsonInterval } from '../../evaluation/wilson.js';
import { inTableOrder } from '../../sample.js';
import { count, percent, percentPair, percentWithin, points } from '../numbers.js';
import type { Table } from '../html-table.js';
import type { HeatInput } from './accuracy-chart.js';
import type { Chart } from './chart.js';
import { fixed, rowNames, shareAcross, shareAxis } from './marks.js';
import { colour, series } from './palette.js';

/** What each method came to over all questions. */
export const armTable = ({ arms }: ComparisonResult): Table => ({
  head: ['method', 'overall (95 % interval)', 'macro F1', 'no answer found', 'samples'],
  rows: arms.map((arm) => [
    methodName(arm),
    percentWithin(arm.accuracy, arm.intervals.accuracy),
    percent(arm.macroF1),
    count(arm.unparsed),
    arm.trained.length === 0 ? '–' : count(Math.max(...arm.trained.map(({ samples }) => samples))),
  ]),
});

export const methodName = ({ group, label }: { group: string | null; label: string }): string =>
  group === null ? label : `${group}: ${label}`;

/** Methods by modality, as Table 1 of MedGR² has them. */
export function modalityTable({ arms }: ComparisonResult): Table {
  const modalities = inTableOrder(arms.flatMap(({ byModality }) => Object.keys(byModality)));
  // Arms answer the same questions: what all have in common stands in the head.
  const asked = (name: string): string => {
    const counts = [...new Set(arms.flatMap(({ byModality }) => byModality[name]?.n ?? []))];
    return counts.length === 1 ? `${name} (n\u00a0=\u00a0${count(counts[0])})` : name;
  };
  return {
    head: ['method', ...modalities.map(asked)],
    rows: arms.map((arm) => [methodName(arm), ...modalities.map((name) => percentAround(arm.byModality[name]))]),
  };
}

/** `81.2 ± 9.5 %`: half of Wilson's interval at 95 %. */
function percentAround(cell: { n: number; correct: number; accuracy: number } | undefined): string {
  if (cell === undefined) return percent(null);
  const interval = wilsonInterval(cell.correct, cell.n);
  if (interval === null) return percent(cell.accuracy);
  return percentPair(cell.accuracy, (interval.high - interval.low) / 2, ' ± ');
}

export function armAccuracy({ arms, testQuestions }: ComparisonResult): Chart | null {
  return accuracyRows({
    title: 'Accuracy of each model',
    note: `On ${count(testQuestions)} test questions, with 95 % Wilson intervals.`,
    rows: arms.map(({ label, accuracy, intervals }) => ({ label, accuracy, interval: intervals.accuracy })),
    table: {
      head: ['model', 'starts from', 'accuracy (95 % interval)', 'correct', 'questions', 'no answer found'],
      rows: arms.map((arm: ArmResult) => [
        arm.label,
        arm.startsFrom,
        percentWithin(arm.accuracy, arm.intervals.accuracy),
        count(arm.correct),
        count(arm.n),
        count(arm.unparsed),
      ]),
    },
  });
}

interface Bounded {
  accuracy: number;
  interval: Interval | null;
}

const bounds = ({ accuracy, interval }: Bounded) => ({
  accuracy,
  low: interval?.low ?? accuracy,
  high: interval?.high ?? accuracy,
});

/** A line and a point for each model; null without models. */
export function accuracyRows({
  rows,
  ...words
}: Pick<Chart, 'title' | 'note' | 'table'> & { rows: readonly (Bounded & { label: string })[] }): Chart | null {
  if (rows.length === 0) return null;
  const values = rows.map((row) => ({ label: row.label, ...bounds(row) }));
  const labels = values.map(({ label }) => label);
  const y = rowNames('label', labels, { grid: false });
  return {
    ...words,
    height: 50 + 26 * values.length,
    spec: {
      data: { values },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2, color: colour('sft') },
          encoding: { y, x: shareAcross('low'), x2: { field: 'high' } },
        },
        {
          mark: { type: 'point', filled: true, size: 75, opacity: 1, color: colour('sft') },
          encoding: { y, x: shareAcross('accuracy') },
        },
      ],
    },
  };
}

/** Arms against modalities. */
export function armHeat({ arms }: ComparisonResult): HeatInput {
  return {
    title: 'Every model on every modality',
    rowName: 'model',
    columnName: 'modality',
    rows: arms.map(({ label }) => label),
    columns: inTableOrder(arms.flatMap(({ byModality }) => Object.keys(byModality))),
    value: (row, column) => arms.find(({ label }) => label === row)?.byModality[column]?.accuracy ?? null,
    format: percent,
  };
}

/** Null where the recipe has no curves. */
export function dataScale(curves: readonly Curve[]): Chart | null {
  return accuracyBySize(curves, {
    title: 'Accuracy by number of samples',
    note: 'After MedGR²’s Figure 2; upright lines are 95 % Wilson intervals over questions.',
    table: {
      head: ['series', 'samples', 'accuracy (95 % interval)', 'questions', 'precision of the samples'],
      rows: curves.flatMap(({ label, points: all }) =>
        all.map(({ size, accuracy, interval, n, precision }) => [
          label,
          count(size),
          percentWithin(accuracy, interval),
          count(n),
          percent(precision),
        ]),
      ),
    },
  });
}

/** A line for each series of at least two sizes, a level one for a series of one. */
export function accuracyBySize(
  curves: readonly { label: string; points: readonly (Bounded & { size: number })[] }[],
  words: Pick<Chart, 'title' | 'note' | 'table'>,
): Chart | null {
  if (curves.length === 0) return null;
  const looks = curves.map((_, i) => series(i));
  const sizes = curves.flatMap(({ points: all }) => all.map(({ size }) => size));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  // One point without neighbours, such as all samples, is drawn as a level line over the whole width.
  const values = curves.flatMap((curve, i) =>
    curve.points.flatMap((point) => {
      const row = { series: String(i), size: point.size, ...bounds(point) };
      return curve.points.length === 1
        ? [
            { ...row, size: least },
            { ...row, size: most },
          ]
        : [row];
    }),
  );
  const of = (key: 'colour' | 'dash' | 'shape') =>
    Object.fromEntries(looks.map((look, i) => [String(i), look[key]] as const));
  const x = {
    field: 'size',
    type: 'quantitative',
    scale: { type: 'log', base: 2, nice: false, padding: 12 },
    axis: { title: 'samples trained on', values: [...new Set(sizes)], grid: false, format: 'd' },
  };
  const color = fixed('series', of('colour'));
  const marked = {
    filter: { field: 'series', oneOf: curves.flatMap(({ points: all }, i) => (all.length > 1 ? [String(i)] : [])) },
  };
  return {
    ...words,
    width: 720,
    height: 300,
    spec: {
      data: { values },
      layer: [
        {
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { x, y: shareAxis('accuracy'), color, strokeDash: fixed('series', of('dash')) },
        },
        {
          transform: [marked],
          mark: { type: 'rule', strokeWidth: 1.2 },
          encoding: { x, y: shareAxis('low'), y2: { field: 'high' }, color },
        },
        {
          transform: [marked],
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: { x, y: shareAxis('accuracy'), color, shape: fixed('series', of('shape')) },
        },
      ],
    },
    legend: curves.map(({ label }, i) => ({
      label,
      colour: looks[i]?.colour ?? '',
      shape: 'line',
      dash: looks[i]?.dash ?? [],
      ...((curves[i]?.points.length ?? 0) > 1 ? { point: looks[i]?.shape } : {}),
    })),
  };
}

/** Accuracy, and gain over the base, of models trained on one group and tested on each. */
export function transferHeats({ by, trained, tested, cells }: TransferGrid): HeatInput[] {
  const group = by === 'modality' ? 'modality' : 'question type';
  const cell = (row: string, column: string) => cells.find((item) => item.trained === row && item.tested === column);
  const shared = { rowName: `trained on ${group}`, columnName: 'tested on', rows: trained, columns: tested };
  return [
    {
      ...shared,
      title: `Transfer between ${by === 'modality' ? 'modalities' : 'question types'}: accuracy`,
      note: 'Rows: what a model was trained on. Columns: what it was tested on.',
      value: (row, column) => cell(row, column)?.accuracy ?? null,
      format: percent,
    },
    {
      ...shared,
      title: 'Transfer: gain over the base, in points',
      note: 'Blue: better than the base on the same questions; orange: worse.',
      diverging: true,
      value: (row, column) => cell(row, column)?.gain ?? null,
      format: (value) => (value === null ? '–' : points(value)),
    },
  ];
}
