/** GRPO: what there was to gain, mean reward with its band, what each reward gives, and one completion that has just been judged. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import { formatNumber, spacedName } from '../../format.js';
import { Facts, type Fact } from '../parts/named-figures.js';
import { LineChart } from '../parts/line-chart.js';
import type { Curve } from '../parts/plot.js';
import { lastValue } from '../state/series.js';
import { stageOf, type ScreenState, type ShownCompletion, type Training } from '../state/screen-state.js';
import { shareText } from '../parts/stage-words.js';
import { splitWidth, type PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';

export function GrpoPanel({ state, width, height }: PanelProps): ReactElement {
  const room = headroomLine(state);
  if (room === null) return <Rewarded state={state} width={width} height={height} />;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate">{room}</Text>
      <Rewarded state={state} width={width} height={height - 1} />
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

function Rewarded({ state: { grpo }, width, height }: PanelProps): ReactElement {
  if (grpo === null) return <Toned tone="faint">GRPO has not begun yet</Toned>;
  const { left, right } = splitWidth(width, width >= 100 ? 44 : 36);
  const lines = height >= 14 ? 5 : 3;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Box columnGap={2} height={height - lines}>
        <LineChart
          title={`reward ${formatNumber(lastValue(grpo.reward))} ± ${formatNumber(lastValue(grpo.rewardStd))}, step ${grpo.step} of ${grpo.totalSteps}`}
          curves={withBand(grpo)}
          width={left}
          height={height - lines}
          totalSteps={grpo.totalSteps}
        />
        <Facts facts={factsOf(grpo)} width={right} nameWidth={12} />
      </Box>
      <Completion completion={grpo.completion} height={lines} />
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
    typeof share === 'number' ? `, dead ${shareText(share, 2)}` : '';
  return [
    ...Object.entries(rewards).map(([name, { mean, std, deadGroups: of }]): Fact => [
      spacedName(name),
      `${formatNumber(mean)} ± ${formatNumber(std, 2)}${dead(of)}`,
    ]),
    ['KL', kl === null ? 'not used' : formatNumber(kl)],
    ['length', `${formatNumber(completionLength, 1)} tokens`],
    ['dead groups', shareText(deadGroups, 2)],
    ...(typeof leftOut === 'number' ? [['left out', `${shareText(leftOut, 2)}, all right or all wrong`] as const] : []),
    ['step takes', stepSeconds === null ? '–' : `${formatNumber(stepSeconds, 2)} s`],
  ];
}

function Completion({ completion, height }: { completion: ShownCompletion | null; height: number }): ReactElement {
  if (completion === null) return <Toned tone="faint">no completion has been judged yet</Toned>;
  const { think, answer, rest } = blocks(completion.completion);
  const rewards = Object.entries(completion.rewards).map(
    ([name, value]) => `${spacedName(name)} ${formatNumber(value, 2)}`,
  );
  return (
    <Box flexDirection="column" height={height} overflow="hidden">
      <Box height={height - 2} overflow="hidden" alignItems="flex-end">
        <Toned tone="faint" wrap={height > 3 ? 'wrap' : 'truncate'}>
          think {think ?? rest ?? '–'}
        </Toned>
      </Box>
      <Text wrap="truncate">
        <Toned tone="faint">answer</Toned> <Text bold>{answer ?? '(none)'}</Text>
      </Text>
      <Text wrap="truncate">
        <Toned tone="faint">earns</Toned> {rewards.join(', ')}{' '}
        <Toned tone="faint">(reward model's score {formatNumber(completion.rewardModelScore, 1)})</Toned>
      </Text>
    </Box>
  );
}

/** What stands in the two blocks; only for show, the reward has its own rule. */
export function blocks(text: string): { think: string | null; answer: string | null; rest: string | null } {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return {
    think: /<think>(.*?)(?:<\/think>|$)/.exec(flat)?.[1]?.trim() ?? null,
    answer: /<answer>(.*?)(?:<\/answer>|$)/.exec(flat)?.[1]?.trim() ?? null,
    rest: flat === '' ? null : flat,
  };
}
