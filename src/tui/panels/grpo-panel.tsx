/** GRPO: what there was to gain, mean reward with its band, what each reward gives, and one completion that has just been judged. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import { formatNumber, percent, spacedName } from '../../format.js';
import { Facts, Progress, type Fact } from '../parts/named-figures.js';
import { LineChart } from '../parts/line-chart.js';
import type { Curve } from '../parts/plot.js';
import { lastValue } from '../state/series.js';
import { stageOf, type ScreenState, type ShownCompletion, type Training } from '../state/screen-state.js';
import { splitWidth, type PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';
import type { NewestSample } from '../../loop/run-events.js';
import { SmallImage } from '../images/small-image.js';

export function GrpoPanel({ state, width, height }: PanelProps): ReactElement {
  if (state.current?.stage === 'headroom') return <Looking state={state} width={width} height={height} />;
  const room = headroomLine(state);
  if (room === null) return <Rewarded state={state} width={width} height={height} />;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate">{room}</Text>
      <Rewarded state={state} width={width} height={height - 1} />
    </Box>
  );
}

/** Several answers to each held-out question, then what R_φ gives them: what is at work, and what an earlier cycle found. */
function Looking({ state, width, height }: PanelProps): ReactElement {
  const before = headroomLine(state);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {state.progress === null ? null : <Progress {...state.progress} width={width} unit="answers" />}
      <Toned tone="faint">GRPO learns nothing where all answers are right, or all are wrong.</Toned>
      {before === null ? null : <Text wrap="truncate">{before}</Text>}
    </Box>
  );
}

/** Of the newest cycle that was looked at. */
function headroomLine(state: ScreenState): string | null {
  for (let cycle = state.place?.cycle ?? 0; cycle > 0; cycle--) {
    const { detail } = stageOf(state, cycle, 'headroom');
    if (detail?.kind === 'headroom') return `cycle ${cycle}: ${headroomWords(detail)}`;
  }
  return null;
}

function Rewarded({ state: { grpo, asked, runDir }, width, height }: PanelProps): ReactElement {
  if (grpo === null) return <Toned tone="faint">GRPO has not begun yet</Toned>;
  const { left, right } = splitWidth(width, width >= 100 ? 44 : 36);
  // With room, the image stands beside what is said about it.
  const lines = height >= 17 && asked !== null ? 9 : height >= 14 ? 5 : 3;
  const imageWidth = lines === 9 && width >= 60 ? 2 * lines : 0;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Box columnGap={2} height={height - lines}>
        <LineChart
          title={
            grpo.totalSteps === 0
              ? 'reward'
              : `reward ${formatNumber(lastValue(grpo.reward))} ± ${formatNumber(lastValue(grpo.rewardStd))}, step ${grpo.step} of ${grpo.totalSteps}`
          }
          curves={withBand(grpo)}
          width={left}
          height={height - lines}
          totalSteps={grpo.totalSteps}
        />
        <Facts facts={factsOf(grpo)} width={right} nameWidth={12} />
      </Box>
      <Box columnGap={2}>
        {imageWidth === 0 ? null : (
          <SmallImage image={asked?.image ?? null} runDir={runDir} width={imageWidth} height={lines} />
        )}
        <Completion
          completion={grpo.completion}
          asked={asked}
          width={width - (imageWidth === 0 ? 0 : imageWidth + 2)}
          height={lines}
        />
      </Box>
    </Box>
  );
}

/** The mean, and behind it mean ± standard deviation. */
function withBand({ reward, rewardStd }: Training): Curve[] {
  const edge = (side: 1 | -1): Curve => ({
    faint: true,
    points: reward.points.map(([step, mean], index) => [step, mean + side * (rewardStd.points[index]?.[1] ?? 0)]),
  });
  return [edge(1), edge(-1), reward];
}

function factsOf({ grpo, stepSeconds }: Training): Fact[] {
  if (grpo === null) return [];
  const { rewards, kl, completionLength, deadGroups, leftOut } = grpo;
  const dead = (share: number | null | undefined): string =>
    typeof share === 'number' ? `, dead ${percent(share, 0)}` : '';
  return [
    ...Object.entries(rewards).map(([name, { mean, std, deadGroups: of }]): Fact => [
      spacedName(name),
      `${formatNumber(mean)} ± ${formatNumber(std, 2)}${dead(of)}`,
    ]),
    ['KL', kl === null ? 'not used' : formatNumber(kl)],
    ['length', `${formatNumber(completionLength, 1)} tokens`],
    ['dead groups', percent(deadGroups, 0)],
    ...(typeof leftOut === 'number' ? [['left out', `${percent(leftOut, 0)}, all right or all wrong`] as const] : []),
    ['step takes', stepSeconds === null ? '–' : `${formatNumber(stepSeconds, 2)} s`],
  ];
}

interface CompletionProps {
  completion: ShownCompletion | null;
  /** What it is about; null where that was not told. */
  asked: NewestSample | null;
  width: number;
  height: number;
}

function Completion({ completion, asked, width, height }: CompletionProps): ReactElement {
  if (completion === null) return <Toned tone="faint">no completion has been judged yet</Toned>;
  const { think, answer, rest } = blocks(completion.completion);
  const rewards = Object.entries(completion.rewards).map(
    ([name, value]) => `${spacedName(name)} ${formatNumber(value, 2)}`,
  );
  const hasQuestion = asked !== null && height > 3;
  const thought = `think ${think ?? rest ?? '–'}`;
  // Of one that is longer than its place the end is seen.
  const room = height - (hasQuestion ? 3 : 2);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {hasQuestion ? (
        <Text wrap="truncate">
          <Toned tone="faint">asked</Toned> {asked.question} <Toned tone="faint">({asked.modality})</Toned>
        </Text>
      ) : null}
      <Box height={Math.min(room, rowsOf(thought, width))} overflow="hidden" alignItems="flex-end">
        <Toned tone="faint" wrap={height > 3 ? 'wrap' : 'truncate'}>
          {thought}
        </Toned>
      </Box>
      <Text wrap="truncate">
        <Toned tone="faint">answer</Toned> <Text bold>{answer ?? '(none)'}</Text>
        {asked === null ? null : (
          <>
            <Toned tone="faint"> · key</Toned> <Text bold>{asked.answer}</Text>
          </>
        )}
      </Text>
      <Text wrap="truncate">
        <Toned tone="faint">earns</Toned> {rewards.join(', ')}{' '}
        <Toned tone="faint">(reward model's score {formatNumber(completion.rewardModelScore, 1)})</Toned>
      </Text>
    </Box>
  );
}

/** Words may break earlier than the width. */
const rowsOf = (text: string, width: number): number => Math.max(1, Math.ceil((text.length * 1.1) / width));

/** What stands in the two blocks; only for show, the reward has its own rule. */
export function blocks(text: string): { think: string | null; answer: string | null; rest: string | null } {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return {
    think: /<think>(.*?)(?:<\/think>|$)/.exec(flat)?.[1]?.trim() ?? null,
    answer: /<answer>(.*?)(?:<\/answer>|$)/.exec(flat)?.[1]?.trim() ?? null,
    rest: flat === '' ? null : flat,
  };
}
