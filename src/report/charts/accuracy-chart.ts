/** Accuracy on the test questions: per cycle, of several runs together, per modality and question type, and as a heat map. */
import { inTableOrder } from '../../sample.js';
import type { Evaluation, GroupAccuracy, Method } from '../data/evaluations.js';
import { percent, percentWithin } from '../numbers.js';
import type { Chart, LegendItem, Spec } from './chart.js';
import { fixed, names, rowNames, shareAcross, shareAxis } from './marks.js';
import { colour, series } from './palette.js';

const looks: Record<Method, { colour: string; shape: string }> = {
  base: { colour: colour('base'), shape: 'diamond' },
  SFT: { colour: colour('sft'), shape: 'circle' },
  GRPO: { colour: colour('grpo'), shape: 'square' },
};

const legendFor = (methods: readonly Method[]): LegendItem[] =>
  methods.map((method) => ({
    label: method === 'base' ? 'base, before training' : `after ${method}`,
    ...looks[method],
  }));

/** Colours and shapes of the methods that occur. */
function methodLook(methods: readonly Method[]): { color: Spec; shape: Spec } {
  const of = (key: 'colour' | 'shape') => Object.fromEntries(methods.map((method) => [method, looks[method][key]]));
  return { color: fixed('method', of('colour')), shape: fixed('method', of('shape')) };
}

const bounds = ({ accuracy, interval }: GroupAccuracy) => ({
  accuracy,
  low: interval?.low ?? accuracy,
  high: interval?.high ?? accuracy,
});

/** Null where nothing but the base was measured, or not even that. */
export function accuracyByCycle(evaluations: readonly Evaluation[]): Chart | null {
  const trained = evaluations.filter(({ method }) => method !== 'base');
  if (trained.length === 0) return null;
  const base = evaluations.find(({ method }) => method === 'base');
  const methods: Method[] = ['SFT', 'GRPO'];
  const cycles = [...new Set(trained.map(({ cycle }) => String(cycle)))];
  const values = trained.map((item) => ({ cycle: String(item.cycle), method: item.method, ...bounds(item) }));
  const { color, shape } = methodLook(methods);
  const x = names('cycle', cycles, { title: 'cycle' });
  const offset = { field: 'method', sort: methods, scale: { paddingOuter: 1.2 } };
  const layer: Spec[] = [
    ...(base === undefined ? [] : baseline(base)),
    {
      mark: { type: 'rule', strokeWidth: 2 },
      encoding: { x, xOffset: offset, y: shareAxis('low'), y2: { field: 'high' }, color },
    },
    {
      mark: { type: 'point', filled: true, size: 90, opacity: 1 },
      encoding: { x, xOffset: offset, y: shareAxis('accuracy'), color, shape },
    },
  ];
  return {
    title: 'Accuracy per cycle',
    note: 'Top-1 on the test questions; lines are 95 % Wilson intervals over questions.',
    spec: { data: { values }, layer },
    legend: [...(base === undefined ? [] : [baseKey]), ...legendFor(methods)],
    table: evaluationTable(evaluations),
  };
}

/** Drawn as a level line here; elsewhere the base is a point like the others. */
const baseKey: LegendItem = { ...looks.base, label: 'base, before training', shape: 'line', dash: [5, 3] };

function baseline(base: Evaluation): Spec[] {
  const data = { values: [bounds(base)] };
  return [
    {
      data,
      mark: { type: 'rect', fill: colour('base'), fillOpacity: 0.16, stroke: colour('base'), strokeWidth: 0.8 },
      encoding: { y: shareAxis('low'), y2: { field: 'high' } },
    },
    {
      data,
      mark: { type: 'rule', color: colour('base'), strokeWidth: 2, strokeDash: [5, 3] },
      encoding: { y: shareAxis('accuracy') },
    },
  ];
}

const evaluationTable = (evaluations: readonly Evaluation[]): Chart['table'] => ({
  head: ['policy', 'accuracy (95 % interval)', 'correct', 'questions', 'no answer found'],
  rows: evaluations.map((item) => [
    item.label,
    percentWithin(item.accuracy, item.interval),
    item.correct,
    item.n,
    item.unparsed,
  ]),
});

export interface NamedEvaluations {
  name: string;
  evaluations: readonly Evaluation[];
}

/** The policy after each cycle's last training stage, one line per run. */
export function accuracyOfRuns(runs: readonly NamedEvaluations[]): Chart {
  const looksOfRuns = runs.map((_, i) => series(i));
  const rows = runs.flatMap(({ name, evaluations }, i) => {
    const byCycle = new Map(evaluations.map((item) => [item.cycle, item]));
    return [...byCycle.values()].map((item) => ({ run: String(i), name, cycle: item.cycle, item, ...bounds(item) }));
  });
  const values = rows.map(({ item: _item, ...row }) => row);
  const of = (key: 'colour' | 'dash' | 'shape') =>
    Object.fromEntries(looksOfRuns.map((look, i) => [String(i), look[key]]));
  const most = Math.max(1, ...values.map(({ cycle }) => cycle));
  const ticks = Array.from({ length: most + 1 }, (_, i) => i).filter((i) => i % Math.ceil(most / 8) === 0);
  const x = {
    field: 'cycle',
    type: 'quantitative',
    scale: { domain: [-0.3, most + 0.3], nice: false },
    axis: { title: 'cycle (0: base)', grid: false, values: ticks, format: 'd' },
  };
  const color = fixed('run', of('colour'));
  return {
    title: 'Accuracy of the runs',
    note: 'The newest policy of each cycle, with 95 % Wilson intervals over questions.',
    width: 720,
    height: 300,
    spec: {
      data: { values },
      layer: [
        {
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { x, y: shareAxis('accuracy'), color, strokeDash: fixed('run', of('dash')) },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.2 },
          encoding: { x, y: shareAxis('low'), y2: { field: 'high' }, color },
        },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: { x, y: shareAxis('accuracy'), color, shape: fixed('run', of('shape')) },
        },
      ],
    },
    legend: runs.map(({ name }, i) => ({
      label: name,
      colour: looksOfRuns[i]?.colour ?? '',
      shape: 'line',
      dash: looksOfRuns[i]?.dash ?? [],
      point: looksOfRuns[i]?.shape,
    })),
    table: {
      head: ['run', 'cycle', 'policy', 'accuracy (95 % interval)', 'questions'],
      rows: rows.map(({ name, item }) => [
        name,
        item.cycle,
        item.label,
        percentWithin(item.accuracy, item.interval),
        item.n,
      ]),
    },
  };
}

export type Grouping = 'byModality' | 'byQuestionType';

/** Base and newest cycle per group. */
export function accuracyByGroup(evaluations: readonly Evaluation[], by: Grouping): Chart | null {
  const last = Math.max(0, ...evaluations.map(({ cycle }) => cycle));
  const shown = evaluations.filter(({ cycle, method }) => method === 'base' || cycle === last);
  if (shown.length === 0) return null;
  const methods = shown.map(({ method }) => method);
  const groups = inTableOrder(shown.flatMap((item) => Object.keys(item[by])));
  const values = shown.flatMap((item) =>
    Object.entries(item[by]).map(([group, cell]) => ({ group, method: item.method, ...bounds(cell) })),
  );
  const { color, shape } = methodLook(methods);
  const y = rowNames('group', groups, { grid: true, tickBand: 'extent' });
  const offset = { field: 'method', sort: methods };
  return {
    title: by === 'byModality' ? 'Accuracy per modality' : 'Accuracy per question type',
    note: last === 0 ? undefined : `Base and cycle ${last}; groups are small, so look at the intervals.`,
    height: 50 + 38 * groups.length,
    spec: {
      data: { values },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 1.5 },
          encoding: { y, yOffset: offset, x: shareAcross('low'), x2: { field: 'high' }, color },
        },
        {
          mark: { type: 'point', filled: true, size: 55, opacity: 1 },
          encoding: { y, yOffset: offset, x: shareAcross('accuracy'), color, shape },
        },
      ],
    },
    legend: legendFor(methods),
    table: {
      head: [by === 'byModality' ? 'modality' : 'question type', 'questions', ...shown.map(({ label }) => label)],
      rows: groups.map((group) => [
        group,
        shown[0]?.[by][group]?.n ?? 0,
        ...shown.map((item) => percentWithin(item[by][group]?.accuracy, item[by][group]?.interval)),
      ]),
    },
  };
}

/** Every policy that was measured against every group. */
export function accuracyHeat(evaluations: readonly Evaluation[], by: Grouping): HeatInput {
  const rows = inTableOrder(evaluations.flatMap((item) => Object.keys(item[by])));
  return {
    title: by === 'byModality' ? 'Every policy on every modality' : 'Every policy on every question type',
    rowName: by === 'byModality' ? 'modality' : 'question type',
    columnName: 'policy',
    rows,
    columns: evaluations.map(({ label }) => label),
    value: (row, column) => evaluations.find(({ label }) => label === column)?.[by][row]?.accuracy ?? null,
    format: percent,
  };
}

export interface HeatInput {
  title: string;
  note?: string | undefined;
  rowName: string;
  columnName: string;
  rows: readonly string[];
  columns: readonly string[];
  /** Values are differences in [-1, 1] rather than shares in [0, 1]. */
  diverging?: boolean | undefined;
  /** Null where it was not measured. */
  value(row: string, column: string): number | null;
  format(value: number | null): string;
  /** A cell of the table, where it says more than the drawing. */
  cellText?: ((row: string, column: string) => string) | undefined;
}
