/** The loop in six lines: in the help, and while there is nothing else to see yet. */
import { Text } from 'ink';
import type { ReactElement } from 'react';

const loop = [
  ['generate', 'the generator writes questions and answers about your images'],
  ['score, filter', 'the reward model R_φ scores each; those above τ join D_gen'],
  ['SFT', 'the policy learns from D_gen'],
  ['GRPO', 'it tries several answers; what beats its group is reinforced'],
  ['test', 'questions that no training sees say whether it is better'],
  ['preferences', 'its answers sharpen R_φ; the best samples become examples'],
] as const;

export const loopLineCount = loop.length;

export const LoopLines = (): ReactElement => (
  <>
    {loop.map(([stages, text]) => (
      <Text key={stages} wrap="truncate">
        <Text bold>{stages.padEnd(14)}</Text>
        {text}
      </Text>
    ))}
  </>
);
