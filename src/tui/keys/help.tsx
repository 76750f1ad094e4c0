/** The loop in six lines, what the keys do, and what the marks mean. */
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { LoopLines } from '../parts/loop-lines.js';
import { Frame } from '../parts/screen-frame.js';
import { Toned } from '../parts/tones.js';

const watchKeys = [
  ['tab', 'next panel'],
  ['esc', 'the panel of the stage at work'],
  ['i', 'image of the newest sample'],
  ['?', 'this help'],
] as const;

const runKeys = [
  ['p', 'pause before the next stage; p again goes on'],
  ['s', 'stop after this stage; s again takes it back'],
  ['q', 'stop now, with a checkpoint; q again stops without waiting for it'],
] as const;

export function Help({ owns, width, height }: { owns: boolean; width: number; height: number }): ReactElement {
  const keys = [...(owns ? runKeys : [['q', 'leave; the run goes on'] as const]), ...watchKeys];
  return (
    <Frame width={width} height={height}>
      <LoopLines />
      {keys.map(([key, text]) => (
        <Text key={key} wrap="truncate">
          <Text bold>{key.padEnd(5)}</Text>
          {text}
        </Text>
      ))}
      <Toned tone="faint" wrap="truncate">
        A stopped run goes on where it was when the same command is given again.
      </Toned>
      <Toned tone="faint">✓ done ● at work ○ to come · + − in points · ? no basis yet</Toned>
    </Frame>
  );
}
