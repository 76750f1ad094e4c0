/** The newest sample with its image. */
import { isAbsolute, join } from 'node:path';
import { Box, Text } from 'ink';
import { useEffect, useState, type ReactElement } from 'react';
import { messageOf } from '../errors.js';
import type { NewestSample } from '../loop/events.js';
import { Frame } from './frame.js';
import { halfBlocks, type Cell } from './half-blocks.js';
import { Toned } from './tones.js';

interface ImageViewProps {
  sample: NewestSample | null;
  runDir: string;
  color: boolean;
  width: number;
  height: number;
}

export function ImageView({ sample, runDir, color, width, height }: ImageViewProps): ReactElement {
  const [shown, setShown] = useState<{ cells: Cell[][] } | { problem: string } | null>(null);
  const file = sample === null ? null : isAbsolute(sample.image) ? sample.image : join(runDir, sample.image);
  const text = sample === null ? '' : `${sample.question} → ${sample.answer}`;
  // Words may break earlier than the width, so a text near its end gets one row more.
  const textRows = Math.ceil((text.length * 1.1) / Math.max(1, width - 4));
  useEffect(() => {
    if (file === null) return undefined;
    let wanted = true;
    halfBlocks(file, width - 4, height - 3 - textRows).then(
      (cells) => wanted && setShown({ cells }),
      (error: unknown) => wanted && setShown({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [file, width, height, textRows]);
  return (
    <Frame width={width} height={height}>
      {sample === null ? (
        <Toned tone="faint">No sample has been written yet: its image will be here.</Toned>
      ) : (
        <>
          <Toned tone="faint" wrap="truncate">
            {sample.modality}, {sample.questionType} · {sample.image}
          </Toned>
          <Box height={textRows} flexShrink={0}>
            <Text>
              {sample.question} → <Text bold>{sample.answer}</Text>
            </Text>
          </Box>
          {shown === null ? null : 'problem' in shown ? (
            <Text wrap="truncate">The image cannot be shown: {shown.problem}</Text>
          ) : (
            shown.cells.map((row, index) => <Row key={index} row={row} color={color} />)
          )}
        </>
      )}
    </Frame>
  );
}

function Row({ row, color }: { row: readonly Cell[]; color: boolean }): ReactElement {
  if (!color) return <Text>{row.map((cell) => cell.shade).join('')}</Text>;
  return (
    <Text>
      {row.map((cell, index) => (
        <Text key={index} color={cell.top} backgroundColor={cell.bottom}>
          ▀
        </Text>
      ))}
    </Text>
  );
}
