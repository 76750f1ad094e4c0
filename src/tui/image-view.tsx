/** The newest sample with its image. */
import { isAbsolute, join } from 'node:path';
import { Text } from 'ink';
import { useEffect, useState, type ReactElement } from 'react';
import { messageOf } from '../errors.js';
import type { NewestSample } from '../loop/events.js';
import { Frame } from './frame.js';
import { halfBlocks, type Cell } from './half-blocks.js';

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
  useEffect(() => {
    if (file === null) return undefined;
    let wanted = true;
    halfBlocks(file, width - 4, height - 6).then(
      (cells) => wanted && setShown({ cells }),
      (error: unknown) => wanted && setShown({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [file, width, height]);
  return (
    <Frame width={width} height={height}>
      {sample === null ? (
        <Text dimColor>No sample has been written yet: its image will be here.</Text>
      ) : (
        <>
          <Text dimColor wrap="truncate">
            {sample.modality}, {sample.questionType} · {sample.image}
          </Text>
          <Text wrap="truncate">
            {sample.question} → <Text bold>{sample.answer}</Text>
          </Text>
          <Text> </Text>
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
