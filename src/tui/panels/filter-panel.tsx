/** The filter: how the candidates score, where τ cuts, and what it lets through. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatNumber } from '../../format.js';
import { scoreRange } from '../../loop/stage-detail.js';
import { Facts, Progress, type Fact } from '../parts/named-figures.js';
import { histogram } from '../parts/plot.js';
import { stageKey, type CycleRow, type ScreenState } from '../state/screen-state.js';
import { shareText } from '../parts/stage-words.js';
import { splitWidth, type PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';

export function FilterPanel({ state, width, height }: PanelProps): ReactElement {
  const row = state.rows.findLast(({ candidates }) => candidates !== null) ?? null;
  const scoring = state.current?.stage === 'score' ? state.progress : null;
  const { left, right } = splitWidth(width, Math.min(44, Math.floor(width / 2)));
  const counts = row === null ? null : scoresOf(state, row.cycle);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {scoring === null ? null : <Progress {...scoring} width={width} unit="candidates scored" />}
      {row === null ? (
        <Toned tone="faint">nothing has been filtered yet</Toned>
      ) : (
        <Box columnGap={3}>
          {counts === null ? null : (
            <Scores counts={counts} tau={row.tau} width={left} height={height - (scoring === null ? 0 : 1)} />
          )}
          <Facts facts={factsOf(row)} width={right} />
        </Box>
      )}
    </Box>
  );
}

function scoresOf(state: ScreenState, cycle: number): readonly number[] | null {
  const detail = state.stages[stageKey(cycle, 'filter')]?.detail;
  return detail?.kind === 'scores' && detail.counts.length > 0 ? detail.counts : null;
}

function factsOf(row: CycleRow): Fact[] {
  const { candidates, accepted, tau, rawPrecision, acceptedPrecision, datasetSize } = row;
  const share = candidates === null || accepted === null || candidates === 0 ? null : accepted / candidates;
  return [
    ['cycle', String(row.cycle)],
    ['accepted', `${formatNumber(accepted)} of ${formatNumber(candidates)} (${shareText(share, 2)})`],
    ['threshold τ', formatNumber(tau, 2)],
    ['right before', shareText(rawPrecision, 2)],
    ['right after', shareText(acceptedPrecision, 2)],
    ['data set now', `${formatNumber(datasetSize)} samples`],
  ];
}

interface ScoresProps {
  counts: readonly number[];
  tau: number | null;
  width: number;
  height: number;
}

function Scores({ counts, tau, width, height }: ScoresProps): ReactElement {
  const { lowest, highest } = scoreRange;
  // Each bin is as many cells wide as all can be; one more is for τ.
  const scale = Math.max(1, Math.floor((width - 1) / counts.length));
  const cells = counts.flatMap((count) => Array.from({ length: scale }, () => count));
  const place = tau === null ? 0 : Math.round(((tau - lowest) / (highest - lowest)) * cells.length);
  const cut = Math.min(cells.length, Math.max(0, place));
  const rows = histogram(cells, Math.max(1, height - 2));
  return (
    <Box flexDirection="column" flexShrink={0}>
      {rows.map((row, index) => (
        <Text key={index}>
          <Toned tone="faint">{row.slice(0, cut)}</Toned>
          {tau === null ? '' : '│'}
          <Toned tone="good">{row.slice(cut)}</Toned>
        </Text>
      ))}
      <Text>
        {' '.repeat(cut)}
        {tau === null ? 'scores' : 'τ'}
      </Text>
      <Toned tone="faint">{scoreAxis(lowest, highest, cells.length + 1)}</Toned>
    </Box>
  );
}

/** `-6 …… score by R_φ …… 10`. */
function scoreAxis(lowest: number, highest: number, width: number): string {
  const [left, right, word] = [String(lowest), String(highest), 'score by R_φ'];
  const between = Math.max(0, width - left.length - right.length - word.length);
  const before = Math.floor(between / 2);
  return `${left}${' '.repeat(before)}${word}${' '.repeat(between - before)}${right}`;
}
