/** The loop in six lines, what the keys do, and what the marks mean. */
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { loopLineCount, LoopLines } from '../parts/loop-lines.js';
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

/** Rows of the frame itself: its border. */
const borderRows = 2;

export function Help({ owns, width, height }: { owns: boolean; width: number; height: number }): ReactElement {
  const keys = [...(owns ? runKeys : [['q', 'leave; the run goes on'] as const]), ...watchKeys];
  // Where the rows are few the keys come first: rows too many are cut off.
  const rows = Math.max(0, height - borderRows);
  const shownKeys = keys.slice(0, rows);
  const spare = rows - shownKeys.length;
  const withLoop = spare >= loopLineCount;
  return (
    <Frame width={width} height={height}>
      {withLoop ? <LoopLines /> : null}
      {shownKeys.map(([key, text]) => (
        <Text key={key} wrap="truncate">
          <Text bold>{key.padEnd(5)}</Text>
          {text}
        </Text>
      ))}
      {[
        'A stopped run goes on where it was when the same command is given again.',
        '✓ done ● at work ○ to come · + − in points · ? no basis yet',
      ]
        .slice(0, withLoop ? spare - loopLineCount : spare)
        .map((note) => (
          <Toned key={note} tone="faint" wrap="truncate">
            {note}
          </Toned>
        ))}
    </Frame>
  );
}
