/** Small pieces that panels are made of: named figures, and a bar that says how far a stage is. */
import { signedPoints } from '../../format.js';
import { Box, Text } from 'ink';
import type { ReactElement, ReactNode } from 'react';
import { bar } from './plot.js';
import { Toned } from './tones.js';

export type Fact = readonly [name: string, value: ReactNode];

/** One figure a line; the first, where not all fit. */
export function Facts({ facts, width, nameWidth = 15 }: { facts: readonly Fact[]; width: number; nameWidth?: number }) {
  return (
    <Box flexDirection="column" width={width} overflow="hidden">
      {facts.map(([name, value]) => (
        <Box key={name} flexShrink={0}>
          <Text wrap="truncate">
            <Toned tone="faint">{name.padEnd(nameWidth)} </Toned>
            {value}
          </Text>
        </Box>
      ))}
    </Box>
  );
}

interface ProgressProps {
  done: number;
  total: number;
  width: number;
  unit: string;
}

export function Progress({ done, total, width, unit }: ProgressProps): ReactElement {
  const share = total === 0 ? 0 : done / total;
  const text = ` ${done} of ${total} ${unit}`;
  return (
    <Text wrap="truncate">
      <Toned tone="good">{bar(share, Math.max(5, Math.min(40, width - text.length)))}</Toned>
      {text}
    </Text>
  );
}

/** A change against an earlier share in points: its sign needs no colour. */
export function Change({ now, before }: { now: number | null; before: number | null }): ReactElement {
  if (now === null || before === null) return <Text> </Text>;
  const points = signedPoints(now - before);
  if (points === signedPoints(0)) return <Toned tone="faint">±0.0</Toned>;
  return <Toned tone={now > before ? 'good' : 'bad'}>{points}</Toned>;
}
