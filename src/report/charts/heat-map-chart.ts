/** Heat maps of shares, after MedGR²'s Figure 4: policies against modalities or question types, or training against test. */
import { fixed } from '../../format.js';
import type { HeatInput } from './accuracy-chart.js';
import type { Chart } from './chart.js';
import { names, rowNames } from './marks.js';
import { colour, heatSteps } from './palette.js';

const cellHeight = 30;
const lineHeight = 14;

/** Null where there is nothing to draw. */
export function heatMap(input: HeatInput): Chart | null {
  const { title, note, rowName, columnName, rows, columns, value, format, diverging = false } = input;
  const cellText = input.cellText ?? ((row: string, column: string) => format(value(row, column)));
  if (rows.length === 0 || columns.length === 0) return null;
  const reach = diverging ? reachOf(input) : 1;
  const values = rows.flatMap((row) =>
    columns.flatMap((column) => {
      const found = value(row, column);
      if (found === null) return [];
      const step = stepOf(diverging ? (found / reach + 1) / 2 : found);
      return [{ row, column, step: String(step), text: textOf(found, diverging) }];
    }),
  );
  const steps = Array.from({ length: heatSteps }, (_, i) => String(i));
  const palette = diverging ? 'gain' : 'heat';
  const scale = (prefix: string) => ({
    field: 'step',
    type: 'nominal',
    scale: { domain: steps, range: steps.map((step) => colour(`${prefix}${palette}-${step}`)) },
    legend: null,
  });
  // Names of columns are set with a word a line; Vega lets the lines grow down, so they start higher up.
  const words = columns.map((column) => column.split(' '));
  const lines = Math.max(...words.map((column) => column.length));
  const widest = Math.max(...words.flat().map((word) => word.length));
  const cellWidth = Math.max(42, 12 + 6.5 * widest);
  const top = { orient: 'top', labelExpr: "split(datum.label, ' ')", labelLineHeight: lineHeight };
  const labelPadding = 4 + lineHeight * (lines - 1);
  const x = names('column', columns, { ...top, labelPadding, minExtent: lines * lineHeight + 6, grid: false });
  const y = rowNames('row', rows, { grid: false });
  const reading = diverging ? 'Points.' : 'Per cent; darker (in dark mode: lighter) is higher.';
  return {
    title,
    note: note === undefined ? reading : `${note} ${reading}`,
    width: Math.max(
      360,
      14 + Math.min(27, Math.max(...rows.map((row) => row.length))) * 6.3 + cellWidth * columns.length,
    ),
    height: 12 + lines * lineHeight + cellHeight * rows.length,
    spec: {
      data: { values },
      resolve: { scale: { color: 'independent' } },
      layer: [
        { mark: { type: 'rect', stroke: colour('card'), strokeWidth: 1 }, encoding: { x, y, color: scale('') } },
        { mark: { type: 'text' }, encoding: { x, y, text: { field: 'text' }, color: scale('on-') } },
      ],
    },
    table: {
      head: [`${rowName} \\ ${columnName}`, ...columns],
      rows: rows.map((row) => [row, ...columns.map((column) => cellText(row, column))]),
    },
  };
}

/** The largest difference either way, so that 0 stays in the middle. */
function reachOf({ rows, columns, value }: HeatInput): number {
  const found = rows.flatMap((row) => columns.map((column) => Math.abs(value(row, column) ?? 0)));
  return Math.max(0.01, ...found);
}

/** 0 to 8, from the shares 0 to 1. */
const stepOf = (share: number): number => Math.min(heatSteps - 1, Math.max(0, Math.floor(share * heatSteps)));

function textOf(value: number, signed: boolean): string {
  const text = fixed(100 * Math.abs(value), 0);
  if (!signed || text === '0') return text;
  return `${value < 0 ? '\u2212' : '+'}${text}`;
}
