/** The loop in six lines, what the keys do, and what the marks mean. */
import { Text } from 'ink';
import type { ReactElement } from 'react';
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

const loop = [
  ['generate', 'the generator writes questions and answers about your images'],
  ['score, filter', 'the reward model R_φ scores each; those above τ join D_gen'],
  ['SFT', 'the policy learns from D_gen'],
  ['GRPO', 'it tries several answers; what beats its group is reinforced'],
  ['test', 'questions that no training sees say whether it is better'],
  ['preferences', 'its answers sharpen R_φ; the best samples become examples'],
] as const;

export function Help({ owns, width, height }: { owns: boolean; width: number; height: number }): ReactElement {
  const keys = [...(owns ? runKeys : [['q', 'leave; the run goes on'] as const]), ...watchKeys];
  return (
    <Frame width={width} height={height}>
      {loop.map(([stages, text]) => (
        <Text key={stages} wrap="truncate">
          <Text bold>{stages.padEnd(14)}</Text>
          {text}
        </Text>
      ))}
      {keys.map(([key, text]) => (
        <Text key={key} wrap="truncate">
          <Text bold>{key.padEnd(5)}</Text>
          {text}
        </Text>
      ))}
      <Toned tone="faint" wrap="truncate">
        A stopped run goes on where it was when the same command is given again.
      </Toned>
      <Toned tone="faint">✓ done ● at work ○ to come · shares are from 0 to 1 · ? no basis yet</Toned>
    </Frame>
  );
}
