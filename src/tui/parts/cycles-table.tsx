/** The table of cycles: what each turn of the loop came to. The newest rows, where not all fit. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatNumber, formatSeconds, formatTable, percent, percentPair } from '../../format.js';
import { narrow } from './layout.js';
import type { CycleRow } from '../state/screen-state.js';
import { Toned } from './tones.js';

const longHeads = ['cycle', 'candidates', 'accepted', 'precision', 'data set', 'R_φ rank', 'τ', 'SFT', 'GRPO', 'time'];
const shortHeads = ['cycle', 'cand.', 'accepted', 'precision', 'D_gen', 'R_φ ρ', 'τ', 'SFT', 'GRPO', 'time'];
/** What a narrow terminal leaves out, so that the accuracies stay. */
const spared = new Set(['cand.', 'accepted', 'τ']);

interface CyclesTableProps {
  rows: readonly CycleRow[];
  columns: number;
  /** Lines with the header. */
  height: number;
}

export function CyclesTable({ rows, columns, height }: CyclesTableProps): ReactElement {
  const shown = rows.slice(-Math.max(1, height - 1));
  const base = shown.find(({ cycle }) => cycle === 0);
  const cycles = shown.filter(({ cycle }) => cycle > 0);
  const all = [columns >= 100 ? longHeads : shortHeads, ...cycles.map(cells)];
  const table = columns < narrow ? all.map((row) => row.filter((_, at) => !spared.has(shortHeads[at] ?? ''))) : all;
  const [header = '', ...lines] = formatTable(table).split('\n');
  return (
    <Box flexDirection="column" paddingX={1} height={height} width={columns} overflow="hidden">
      <Toned tone="faint" wrap="truncate">
        {header}
      </Toned>
      {base === undefined ? null : (
        <Text wrap="truncate">{baseLine(base, Math.max(header.length, ...lines.map(({ length }) => length)))}</Text>
      )}
      {lines.map((line, index) => (
        <Text key={cycles[index]?.cycle} wrap="truncate">
          {line}
        </Text>
      ))}
    </Box>
  );
}

/** It has no place in the columns: nothing was generated for it, and neither SFT nor GRPO made it. */
function baseLine({ base, seconds }: CycleRow, width: number): string {
  const story = `base   accuracy ${percent(base)} before any training`;
  return `${story}${formatSeconds(seconds).padStart(width - story.length)}`;
}

function cells(row: CycleRow): string[] {
  const unknown = row.rawPrecision === null && row.acceptedPrecision === null;
  return [
    String(row.cycle),
    formatNumber(row.candidates),
    formatNumber(row.accepted),
    unknown ? '–' : percentPair(row.rawPrecision, row.acceptedPrecision, ' → ', 0),
    formatNumber(row.datasetSize),
    formatNumber(row.spearman, 2),
    formatNumber(row.tau, 2),
    percent(row.sft),
    percent(row.grpo),
    formatSeconds(row.seconds),
  ];
}
