/** Generation: how far it is, what it costs, why candidates were dropped, and the newest sample. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatNumber } from '../../format.js';
import type { StageMetrics } from '../../loop/events.js';
import { Facts, Progress, type Fact } from '../facts.js';
import { requestRate } from '../reduce-generation.js';
import type { Generating } from '../state.js';
import { compact } from '../words.js';
import type { PanelProps } from './panel-props.js';

export function GeneratePanel({ state, width, height }: PanelProps): ReactElement {
  const { generating } = state;
  if (generating === null) return <Text dimColor>nothing has been generated yet</Text>;
  const factsWidth = width >= 90 ? 44 : Math.floor(width / 2);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Progress done={generating.done} total={generating.total} width={width} unit="requests" />
      <Box columnGap={2}>
        <Facts facts={factsOf(generating)} width={factsWidth} nameWidth={10} />
        <Newest generating={generating} width={width - factsWidth - 2} height={height - 1} />
      </Box>
    </Box>
  );
}

function factsOf({ counts, dropped, ...generating }: Generating): Fact[] {
  const rate = requestRate(generating);
  const count = (name: string): number => numberOf(counts, name) ?? 0;
  const reasons = Object.entries(dropped).toSorted(([, a], [, b]) => b - a);
  const cost = numberOf(counts, 'cost');
  return [
    ['accepted', String(count('accepted'))],
    ['requests', `${rate === null ? '–' : formatNumber(rate, 1)} /s, ${count('cached')} from the cache`],
    ['retries', String(count('retries'))],
    ['tokens', `${compact(count('inputTokens'))} in, ${compact(count('outputTokens'))} out`],
    ...(cost === null ? [] : [['cost', `$ ${cost.toFixed(2)}`] as const]),
    ['dropped', reasons.length === 0 ? '0' : reasons.map(([reason, n]) => `${n} ${reason}`).join(', ')],
  ];
}

function Newest({ generating: { newest }, width, height }: { generating: Generating; width: number; height: number }) {
  if (newest === null) return <Text dimColor>no sample yet</Text>;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text dimColor wrap="truncate">
        newest: {newest.modality}, {newest.questionType}
      </Text>
      <Text wrap="wrap">{newest.question}</Text>
      <Text wrap="truncate">
        → <Text bold>{newest.answer}</Text>
      </Text>
    </Box>
  );
}

const numberOf = (counts: StageMetrics, name: string): number | null =>
  typeof counts[name] === 'number' ? counts[name] : null;
