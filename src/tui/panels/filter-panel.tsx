/** The filter: how the candidates score, where τ cuts, and what it lets through. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { fixed, formatNumber, percent } from '../../format.js';
import { scoreRange } from '../../loop/stage-detail.js';
import { Facts, Progress, type Fact } from '../parts/named-figures.js';
import { histogram } from '../parts/plot.js';
import type { CycleRow, ScreenState } from '../state/screen-state.js';
import { useUnhurried } from '../parts/unhurried.js';
import { stageKey } from '../state/stage-key.js';
import { panelOf } from './panel-names.js';
import { splitWidth, type PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';
import { NewestScore } from './newest-score.js';

const units: Readonly<Record<string, string>> = { score: 'candidates scored', verify: 'candidates judged' };

export function FilterPanel({ state, width, height }: PanelProps): ReactElement {
  const filtered = state.rows.findLast(({ candidates }) => candidates !== null) ?? null;
  const { stage } = state.current ?? {};
  // Stages of a person's own have no panel of their own.
  const progress = stage === undefined || stage === 'filter' || panelOf(stage) !== 'filter' ? null : state.progress;
  const { scoring } = state;
  // What is being scored lands in the histogram of its own cycle, around the τ that will cut it.
  const landing = scoring === null || scoring.cycle === filtered?.cycle ? null : scoring;
  const row = landing === null ? filtered : (state.rows.find(({ cycle }) => cycle === landing.cycle) ?? null);
  const counts = landing?.counts ?? (row === null ? null : scoresOf(state, row.cycle));
  const newest = useUnhurried(landing?.newest ?? null);
  const { left, right } = splitWidth(width, Math.min(newest === null ? 44 : 76, Math.floor(width / 2)));
  const rows = height - (progress === null ? 0 : 1);
  const facts = landing === null ? (row === null ? [] : factsOf(row)) : landingFacts(landing, row?.tau ?? null);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {progress === null ? null : <Progress {...progress} width={width} unit={units[stage ?? ''] ?? ''} />}
      {counts === null && facts.length === 0 ? (
        <Toned tone="faint">nothing has been scored yet</Toned>
      ) : (
        <Box columnGap={3}>
          {counts === null ? null : (
            <Scores {...{ counts, newest: newest?.score ?? null }} tau={row?.tau ?? null} width={left} height={rows} />
          )}
          <Box flexDirection="column" width={right}>
            <Facts facts={facts} width={right} />
            {newest === null ? null : (
              <NewestScore
                {...newest}
                tau={row?.tau ?? null}
                {...{ runDir: state.runDir, width: right, height: rows - facts.length }}
              />
            )}
          </Box>
        </Box>
      )}
    </Box>
  );
}

/** What would be let through of what has a score so far. */
function landingFacts({ cycle, counts }: { cycle: number; counts: readonly number[] }, tau: number | null): Fact[] {
  const scored = counts.reduce((sum, count) => sum + count, 0);
  const { lowest, highest } = scoreRange;
  const edge = (bin: number): number => lowest + (bin * (highest - lowest)) / counts.length;
  const countFrom = (isIn: (bin: number) => boolean): number =>
    counts.reduce((sum, count, bin) => sum + (isIn(bin) ? count : 0), 0);
  // Of the bin that τ cuts nobody can say how many lie above it.
  const above =
    tau === null || scored === 0 ? [] : [countFrom((bin) => edge(bin) >= tau), countFrom((bin) => edge(bin + 1) > tau)];
  const range = (words: readonly string[]): string => [...new Set(words)].join('–');
  const shares = above.map((count) => fixed((100 * count) / scored, 0));
  return [
    ['cycle', String(cycle)],
    ['scored so far', String(scored)],
    ['threshold τ', formatNumber(tau, 2)],
    ...(above.length === 0 ? [] : [['above τ', `${range(above.map(String))} (${range(shares)} %)`] as const]),
  ];
}

function scoresOf(state: ScreenState, cycle: number): readonly number[] | null {
  const detail = state.stages[stageKey(cycle, 'filter')]?.detail;
  return detail?.kind === 'scores' && detail.counts.length > 0 ? detail.counts : null;
}

function factsOf(row: CycleRow): Fact[] {
  const { candidates, accepted, tau, rawPrecision, acceptedPrecision, datasetSize, judgePassed, kappa } = row;
  const share = candidates === null || accepted === null || candidates === 0 ? null : accepted / candidates;
  return [
    ['cycle', String(row.cycle)],
    ['accepted', `${formatNumber(accepted)} of ${formatNumber(candidates)} (${percent(share, 0)})`],
    ['threshold τ', formatNumber(tau, 2)],
    ...(judgePassed === undefined
      ? []
      : [['judge let pass', `${formatNumber(judgePassed)} (κ with R_φ ${formatNumber(kappa ?? null, 2)})`] as const]),
    ['right before', percent(rawPrecision)],
    ['right after', percent(acceptedPrecision)],
    ['data set now', `${formatNumber(datasetSize)} samples`],
  ];
}

interface ScoresProps {
  counts: readonly number[];
  tau: number | null;
  /** Where the newest landed. */
  newest: number | null;
  width: number;
  height: number;
}

function Scores({ counts, tau, newest, width, height }: ScoresProps): ReactElement {
  const { lowest, highest } = scoreRange;
  const most = String(Math.max(1, ...counts));
  const gutter = width > counts.length + most.length + 2 ? most.length + 1 : 0;
  // Each bin is as many cells wide as all can be; one more is for τ.
  const scale = Math.max(1, Math.floor((width - gutter - 1) / counts.length));
  const cells = counts.flatMap((count) => Array.from({ length: scale }, () => count));
  const placeOf = (score: number): number =>
    Math.min(1, Math.max(0, (score - lowest) / (highest - lowest))) * cells.length;
  const cut = tau === null ? 0 : Math.round(placeOf(tau));
  const landed = newest === null ? null : Math.min(cells.length - 1, Math.floor(placeOf(newest)));
  const rows = histogram(cells, Math.max(1, height - 2));
  return (
    <Box flexDirection="column" flexShrink={0}>
      {rows.map((row, index) => (
        <Text key={index}>
          <Toned tone="faint">
            {gutter === 0 ? '' : countLabel(index, rows.length, most)}
            {row.slice(0, cut)}
          </Toned>
          {tau === null ? '' : '│'}
          <Toned tone="good">{row.slice(cut)}</Toned>
        </Text>
      ))}
      <Marks {...{ gutter, cut: tau === null ? null : cut, landed }} />
      <Toned tone="faint">{`${' '.repeat(gutter)}${scoreAxis(lowest, highest, cells.length + 1)}`}</Toned>
    </Box>
  );
}

/** `τ` below the line that cuts, `▴` below the bin where the newest landed: right of the line, that bin is a cell further. */
function Marks({ gutter, cut, landed }: { gutter: number; cut: number | null; landed: number | null }): ReactElement {
  const marks = [
    ...(cut === null ? [] : [{ at: cut, mark: 'τ' }]),
    ...(landed === null ? [] : [{ at: landed + (cut !== null && landed >= cut ? 1 : 0), mark: '▴' }]),
  ].toSorted((one, other) => one.at - other.at);
  if (marks.length === 0) return <Text>{`${' '.repeat(gutter)}scores`}</Text>;
  return <Text>{' '.repeat(gutter) + marks.reduce((text, { at, mark }) => text.padEnd(at) + mark, '')}</Text>;
}

/** Candidates in the fullest bin at the top, none at the bottom. */
function countLabel(row: number, rows: number, most: string): string {
  const text = row === 0 ? most : row === rows - 1 ? '0' : '';
  return `${text.padStart(most.length)} `;
}

/** `-6 …… score by R_φ …… 10`. */
function scoreAxis(lowest: number, highest: number, width: number): string {
  const [left, right, word] = [String(lowest), String(highest), 'score by R_φ'];
  const between = Math.max(0, width - left.length - right.length - word.length);
  const before = Math.floor(between / 2);
  return `${left}${' '.repeat(before)}${word}${' '.repeat(between - before)}${right}`;
}
