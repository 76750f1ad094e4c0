/** The newest sample with its image. */
import { basename, isAbsolute, join } from 'node:path';
import { Box, Text } from 'ink';
import { useEffect, useState, type ReactElement } from 'react';
import { messageOf } from '../../errors.js';
import type { NewestSample } from '../../loop/run-events.js';
import { Frame } from '../parts/screen-frame.js';
import { ImageRow, type Drawn } from './small-image.js';
import { halfBlocks } from './half-blocks.js';
import { Toned } from '../parts/tones.js';

interface ImageViewProps {
  sample: NewestSample | null;
  runDir: string;
  width: number;
  height: number;
}

/** Every cell is drawn again each second: on a large terminal more would hold up what else this process does. */
const mostRows = 32;

/** A decoded image with what it was decoded for: it is drawn with its own sample, and in its own size, or not at all. */
interface Shown extends Pick<ImageViewProps, 'width' | 'height'> {
  sample: NewestSample;
  drawn: Drawn;
}

export function ImageView({ sample: newest, runDir, width, height }: ImageViewProps): ReactElement {
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    if (newest === null) return undefined;
    let wanted = true;
    const show = (drawn: Shown['drawn']): void => {
      if (wanted) setShown({ sample: newest, width, height, drawn });
    };
    const file = isAbsolute(newest.image) ? newest.image : join(runDir, newest.image);
    const rows = Math.min(mostRows, height - 3 - textRows(newest, width));
    halfBlocks(file, width - 4, rows).then(
      (cells) => show({ cells }),
      (error: unknown) => show({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [newest, runDir, width, height]);
  const fitting = shown?.width === width && shown.height === height ? shown : null;
  const sample = fitting?.sample ?? newest;
  if (sample === null)
    return (
      <Frame width={width} height={height}>
        <Toned tone="faint">No sample has been written yet: its image will be here.</Toned>
      </Frame>
    );
  return (
    <Frame width={width} height={height}>
      <Box flexShrink={0}>
        <Toned tone="faint" wrap="truncate">
          {sample.modality}, {sample.questionType} · {isAbsolute(sample.image) ? basename(sample.image) : sample.image}
        </Toned>
      </Box>
      <Box height={textRows(sample, width)} flexShrink={0}>
        <Text>
          {sample.question} → <Text bold>{sample.answer}</Text>
        </Text>
      </Box>
      {fitting === null ? null : 'problem' in fitting.drawn ? (
        <Text wrap="truncate">The image cannot be shown: {fitting.drawn.problem}</Text>
      ) : (
        fitting.drawn.cells.map((row, index) => <ImageRow key={index} row={row} />)
      )}
    </Frame>
  );
}

/** Words may break earlier than the width, so a text near its end gets one row more. */
const textRows = ({ question, answer }: NewestSample, width: number): number =>
  Math.ceil((`${question} → ${answer}`.length * 1.1) / Math.max(1, width - 4));
