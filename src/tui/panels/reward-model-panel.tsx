/** The reward model: its loss, then what it gives each grade of held-out texts, and how often a score means a right text. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { fixed, formatNumber, formatSeconds, percent } from '../../format.js';
import { Facts, Progress } from '../parts/named-figures.js';
import { LineChart } from '../parts/line-chart.js';
import { bar } from '../parts/plot.js';
import { scoreRange, type StageDetail } from '../../loop/stage-detail.js';
import type { ScreenState } from '../state/screen-state.js';
import { stageKey } from '../state/stage-key.js';
import { splitWidth, type PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';

export function RewardModelPanel({ state, width, height }: PanelProps): ReactElement {
  if (state.current?.stage === 'prepare-data')
    return state.progress === null ? <></> : <Progress {...state.progress} width={width} unit="images" />;
  const training = state.rewardModel;
  const { left, right } = splitWidth(width, width >= 100 ? 56 : 38);
  const report = newestReport(state);
  return (
    <Box width={width} height={height} columnGap={2} overflow="hidden">
      {training === null ? (
        <Box width={left}>
          <Toned tone="faint">R_φ is not trained yet</Toned>
        </Box>
      ) : (
        <LineChart
          title={training.totalSteps === 0 ? 'loss' : `loss, step ${training.step} of ${training.totalSteps}`}
          curves={[training.loss]}
          width={left}
          height={height}
          totalSteps={training.totalSteps}
        />
      )}
      {report === null ? (
        <Facts facts={gradedFacts(state)} width={right} />
      ) : (
        <Report report={report} width={right} height={height} />
      )}
    </Box>
  );
}

type RewardDetail = Extract<StageDetail, { kind: 'reward-model' }>;

interface NewestReport {
  model: string;
  detail: RewardDetail;
}

function newestReport(state: ScreenState): NewestReport | null {
  for (let { cycles: cycle } = state; cycle >= 0; cycle--) {
    // A cycle begins with what experts said, and ends with what the policy wrote.
    for (const stage of ['reward-report', 'verdict-reward-report'] as const) {
      const detail = state.stages[stageKey(cycle, stage)]?.detail;
      if (detail?.kind !== 'reward-model') continue;
      const of = stage === 'reward-report' ? `cycle ${cycle}` : `verdicts before cycle ${cycle}`;
      return { model: cycle === 0 ? 'first model' : of, detail };
    }
  }
  return null;
}

function gradedFacts(state: ScreenState): [string, string][] {
  const detail = state.stages[stageKey(0, 'grade')]?.detail;
  const rows = detail?.kind === 'grading' ? Object.entries(detail.rowsByGrade) : [];
  const seconds = state.rewardModel?.stepSeconds ?? null;
  return [
    ...rows
      .toSorted(([a], [b]) => Number(b) - Number(a))
      .map(([grade, count]): [string, string] => [`grade ${grade}`, `${count} texts`]),
    ...(seconds === null
      ? []
      : [['step takes', seconds < 10 ? `${formatNumber(seconds, 2)} s` : formatSeconds(seconds)] as [string, string]]),
  ];
}

interface ReportProps {
  report: NewestReport;
  width: number;
  height: number;
}

function Report({ report: { model, detail }, width, height }: ReportProps): ReactElement {
  const grades = Object.entries(detail.meanByGrade).toSorted(([a], [b]) => Number(b) - Number(a));
  const bins = detail.reliability.filter(({ n }) => n > 0).toReversed();
  const barWidth = Math.max(6, width - 20);
  const room = Math.max(0, height - grades.length - 2);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate">
        held-out score by grade <Toned tone="faint">({model})</Toned>
      </Text>
      {grades.map(([grade, mean]) => (
        <Text key={grade} wrap="truncate">
          {grade.padStart(3)} <Toned tone="measure">{bar(shareOf(mean), barWidth)}</Toned>{' '}
          {formatNumber(withoutSign(mean), 1)}
        </Text>
      ))}
      {room === 0 ? null : <Text wrap="truncate">share of right texts, by score</Text>}
      {bins.slice(0, room).map(({ from, to, n, positiveShare }) => (
        <Text key={from} wrap="truncate">
          {`${fixed(from, 0)}…${fixed(to, 0)}`.padStart(6)}{' '}
          <Toned tone="measure">{bar(positiveShare ?? 0, Math.max(6, width - 22))}</Toned> {percent(positiveShare, 0)}{' '}
          <Toned tone="faint">of {n}</Toned>
        </Text>
      ))}
    </Box>
  );
}

/** What is rounded to 0 has none. */
const withoutSign = (mean: number): number => (Math.abs(mean) < 0.05 ? 0 : mean);

const shareOf = (score: number): number => (score - scoreRange.lowest) / (scoreRange.highest - scoreRange.lowest);
