/** Generation: how far it is, what it costs, why candidates were dropped, and the newest sample. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { compact, formatMoney, formatNumber } from '../../format.js';
import type { NewestSample, StageMetrics } from '../../loop/run-events.js';
import { Facts, Progress, type Fact } from '../parts/named-figures.js';
import { requestRate } from '../state/reduce-generation.js';
import type { Generating } from '../state/screen-state.js';
import type { PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';
import { leastImageRows, SmallImage } from '../images/small-image.js';
import { useUnhurried } from '../parts/unhurried.js';

export function GeneratePanel({ state, width, height }: PanelProps): ReactElement {
  const { generating, runDir } = state;
  const newest = useUnhurried(generating?.newest ?? null);
  if (generating === null) return <Toned tone="faint">nothing has been generated yet</Toned>;
  const factsWidth = width >= 90 ? 44 : Math.floor(width / 2);
  // Progress, figures and reasons for drops come first.
  const imageRows = Math.min(Math.max(20, Math.floor((width - leastText) / 2)), 32, height - 9);
  const imageWidth = Math.min(width, imageRows * 2);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Progress done={generating.done} total={generating.total} width={width} unit="requests" />
      <Box columnGap={2}>
        <Facts facts={factsOf(generating)} width={factsWidth} nameWidth={nameWidth} />
        <Newest newest={newest} width={width - factsWidth - 2} />
      </Box>
      <Box>
        <Toned tone="faint">{'dropped'.padEnd(nameWidth + 1)}</Toned>
        <Box width={width - nameWidth - 1}>
          <Text>{droppedText(generating)}</Text>
        </Box>
      </Box>
      {imageRows < leastImageRows ? null : (
        <Box marginTop={1} columnGap={2}>
          <SmallImage image={newest?.image ?? null} runDir={runDir} width={imageWidth} height={imageRows} />
          <Earlier samples={generating.earlier} width={width - imageWidth - 2} height={height - 8} />
        </Box>
      )}
    </Box>
  );
}

/** Cells below which a question is cut to its first words. */
const leastText = 40;
const nameWidth = 10;

function factsOf({ counts, ...generating }: Generating): Fact[] {
  const rate = requestRate(generating);
  const count = (name: string): number => numberOf(counts, name) ?? 0;
  const cost = numberOf(counts, 'cost');
  const currency = typeof counts['currency'] === 'string' ? counts['currency'] : null;
  return [
    ['candidates', String(count('accepted'))],
    ['requests', `${rate === null ? '–' : formatNumber(rate, 1)} /s, ${count('cached')} from the cache`],
    ...(count('batches') === 0
      ? [['retries', String(count('retries'))] as const]
      : [['batches', `${count('batches')} at work, ${count('ended')} of ${count('inBatches')} ended`] as const]),
    ['tokens', `${compact(count('inputTokens'))} in, ${compact(count('outputTokens'))} out`],
    ...(cost === null ? [] : [['cost', formatMoney(cost, currency)] as const]),
  ];
}

/** Every reason: there is room below. */
function droppedText({ dropped, repaired }: Generating): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, n]) => `${n} ${reason}`)
      .join(', ');
  const mended = list(repaired);
  return `${list(dropped) || '0'}${mended === '' ? '' : `; mended: ${mended}`}`;
}

function Newest({ newest, width }: { newest: NewestSample | null; width: number }): ReactElement {
  if (newest === null) return <Toned tone="faint">no sample yet</Toned>;
  return (
    <Box flexDirection="column" width={width}>
      <Toned tone="faint">
        newest: {newest.modality}, {newest.questionType}
      </Toned>
      <Text wrap="wrap">{newest.question}</Text>
      <Text wrap="truncate">
        → <Text bold>{newest.answer}</Text>
      </Text>
    </Box>
  );
}

/** What came before the newest, a line each; nothing where a question would be cut to its first words. */
function Earlier({ samples, width, height }: { samples: readonly NewestSample[]; width: number; height: number }) {
  if (width < leastText || samples.length === 0) return <></>;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Toned tone="faint">before it</Toned>
      {samples.slice(0, height - 1).map((sample, index) => (
        <Text key={index} wrap="truncate">
          <Toned tone="faint">{sample.modality}</Toned> {sample.question} → <Text bold>{sample.answer}</Text>
        </Text>
      ))}
    </Box>
  );
}

const numberOf = (counts: StageMetrics, name: string): number | null =>
  typeof counts[name] === 'number' ? counts[name] : null;
