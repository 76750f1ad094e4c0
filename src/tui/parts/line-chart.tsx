/** A curve with its scale: braille cells, lowest and highest value at the left, steps below where there is room. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatNumber } from '../../format.js';
import { plot, rangeOf, type Curve } from './plot.js';
import { Toned } from './tones.js';

interface LineChartProps {
  title: string;
  curves: readonly Curve[];
  width: number;
  /** Rows with the title. */
  height: number;
  /** Steps the whole width stands for. */
  totalSteps: number;
}

const labelWidth = 7;

export function LineChart({ title, curves, width, height, totalSteps }: LineChartProps): ReactElement {
  const axis = height >= leastWithAxis ? 1 : 0;
  const rows = Math.max(1, height - 1 - axis);
  const [low, high] = rangeOf(curves);
  const first = Math.min(...curves.flatMap((curve) => curve.points.slice(0, 1).map(([step]) => step)), totalSteps);
  const cells = plot(curves, {
    width: Math.max(4, width - labelWidth - 1),
    height: rows,
    steps: [first, Math.max(first + 1, totalSteps)],
    values: [low, high],
  });
  // One height, in the middle of a range that nothing has measured.
  const heights = new Set(curves.flatMap(({ points }) => points.map(([, value]) => value)));
  const [only] = heights.size === 1 ? heights : [];
  const empty = curves.every((curve) => curve.points.length === 0);
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Text wrap="truncate">{title}</Text>
      {empty ? (
        <Toned tone="faint" wrap="truncate">
          waiting for the first step …
        </Toned>
      ) : (
        cells.map((segments, row) => (
          <Text key={row} wrap="truncate">
            <Toned tone="faint">
              {only === undefined ? label(row, rows, low, high) : labelled(row === rows >> 1 ? formatNumber(only) : '')}
              │
            </Toned>
            {segments.map(({ text, faint }, index) => (
              <Toned key={index} tone={faint ? 'faint' : 'good'}>
                {text}
              </Toned>
            ))}
          </Text>
        ))
      )}
      {empty || axis === 0 ? null : (
        <Toned tone="faint" wrap="truncate">
          {stepAxis(first, totalSteps, width)}
        </Toned>
      )}
    </Box>
  );
}

/** Rows, with the title, from which on one goes to the axis. */
const leastWithAxis = 5;

/** `1 ……… steps ……… 250`, below the plot. */
function stepAxis(first: number, last: number, width: number): string {
  const [left, right] = [String(first), String(last)];
  const between = Math.max(0, width - labelWidth - 1 - left.length - right.length);
  const word = between >= 7 ? 'steps' : '';
  const before = Math.floor((between - word.length) / 2);
  return `${' '.repeat(labelWidth)}└${left}${' '.repeat(before)}${word}${' '.repeat(between - before - word.length)}${right}`;
}

function label(row: number, rows: number, low: number, high: number): string {
  return labelled(row === 0 ? formatNumber(high) : row === rows - 1 ? formatNumber(low) : '');
}

const labelled = (text: string): string => text.slice(0, labelWidth).padStart(labelWidth);
