/** The grid of a recipe, arms × seeds, where a loop has its ring and its table of cycles. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import stringWidth from 'string-width';
import { formatTable } from '../../format.js';
import { Toned } from '../parts/tones.js';
import { seedsOf } from '../state/arms.js';
import type { ScreenState } from '../state/screen-state.js';
import { gridTable, type GridRow } from './grid-table.js';

interface ArmsGridProps {
  state: ScreenState;
  columns: number;
  /** Lines with the header. */
  height: number;
}

/** Lines that the whole of it takes, with its header. */
export const gridHeight = (state: ScreenState): number =>
  state.grid === null ? 0 : gridTable(state.grid, seedsOf(state)).rows.length + 1;

const longestName = 24;

export function ArmsGrid({ state, columns, height }: ArmsGridProps): ReactElement {
  if (state.grid === null) return <></>;
  const { head, rows } = gridTable(state.grid, seedsOf(state));
  const { shown, above, below } = inView(rows, Math.max(1, height - 1));
  const table = fitted([head, ...shown.map(({ cells }) => cells)], columns - 2);
  const [header = '', ...lines] = formatTable(table).split('\n');
  return (
    <Box flexDirection="column" paddingX={1} height={height} width={columns} overflow="hidden">
      <Toned tone="faint" wrap="truncate">
        {header}
      </Toned>
      {above > 0 ? <Toned tone="faint">… {above} before</Toned> : null}
      {lines.map((line, index) => (
        <Row key={shown[index]?.arm ?? ''} line={line} status={shown[index]?.status ?? 'waiting'} />
      ))}
      {below > 0 ? <Toned tone="faint">… {below} more</Toned> : null}
    </Box>
  );
}

function Row({ line, status }: { line: string; status: GridRow['status'] }): ReactElement {
  if (status === 'running')
    return (
      <Text bold wrap="truncate">
        {line}
      </Text>
    );
  if (status === 'done') return <Text wrap="truncate">{line}</Text>;
  return (
    <Toned tone="faint" wrap="truncate">
      {line}
    </Toned>
  );
}

/** As many as there is room for, with the one at work among them. */
function inView(rows: readonly GridRow[], room: number): { shown: readonly GridRow[]; above: number; below: number } {
  if (rows.length <= room) return { shown: rows, above: 0, below: 0 };
  const work = rows.findIndex(({ status }) => status === 'running');
  const at = work === -1 ? rows.findLastIndex(({ status }) => status === 'done') : work;
  // A line goes to each word of what is not shown.
  const middle = Math.max(1, room - 2);
  const from = Math.min(Math.max(0, at - Math.floor(middle / 2)), rows.length - middle);
  const above = from <= 1 ? 0 : from;
  const first = above === 0 ? 0 : from;
  const last = Math.min(rows.length, above === 0 ? room - 1 : from + middle);
  return { shown: rows.slice(first, last), above, below: rows.length - last };
}

/** Long names are cut, then the oldest seeds go: the mean stays. */
function fitted(rows: readonly (readonly string[])[], width: number): string[][] {
  const cut = rows.map(([name = '', ...cells]) => [
    name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name,
    ...cells,
  ]);
  const widest = Math.max(
    ...formatTable(cut)
      .split('\n')
      .map((line) => stringWidth(line)),
  );
  return widest <= width || (cut[0]?.length ?? 0) <= 4
    ? cut
    : fitted(
        cut.map((row) => row.toSpliced(1, 1)),
        width,
      );
}
