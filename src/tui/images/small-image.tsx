/** An image within a panel: decoded off the drawing path, and drawn in its own size or not at all. */
import { Box, Text } from 'ink';
import { isAbsolute, join } from 'node:path';
import { useContext, useEffect, useState, type ReactElement } from 'react';
import { messageOf } from '../../errors.js';
import { halfBlocks, type Cell } from './half-blocks.js';
import { ManyColors } from '../parts/tones.js';

/** What came of a file: its cells, or why there are none. */
export type Drawn = { cells: Cell[][] } | { problem: string };

interface Wanted {
  /** Absolute, or relative to the run folder; null draws nothing. */
  image: string | null;
  runDir: string;
  width: number;
  height: number;
}

/** Null until it has been decoded in this size; the image before is gone at once. */
export function useDrawn({ image, runDir, width, height }: Wanted): Drawn | null {
  const [drawn, setDrawn] = useState<(Wanted & { drawn: Drawn }) | null>(null);
  useEffect(() => {
    if (image === null || width < 1 || height < 1) return undefined;
    let wanted = true;
    const show = (found: Drawn): void => {
      if (wanted) setDrawn({ image, runDir, width, height, drawn: found });
    };
    halfBlocks(isAbsolute(image) ? image : join(runDir, image), width, height).then(
      (cells) => show({ cells }),
      (error: unknown) => show({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [image, runDir, width, height]);
  return drawn?.image === image && drawn.width === width && drawn.height === height ? drawn.drawn : null;
}

/** Rows below which an image shows nothing. */
export const leastImageRows = 6;

/** Its place is kept while it is not there, and where it cannot be shown. */
export function SmallImage(props: Wanted): ReactElement {
  const drawn = useDrawn(props);
  const { width, height } = props;
  return (
    <Box width={width} height={height} flexDirection="column" flexShrink={0} overflow="hidden">
      {drawn === null || 'problem' in drawn
        ? null
        : drawn.cells.map((row, index) => <ImageRow key={index} row={row} />)}
    </Box>
  );
}

export function ImageRow({ row }: { row: readonly Cell[] }): ReactElement {
  const color = useContext(ManyColors);
  if (!color) return <Text>{row.map((cell) => cell.shade).join('')}</Text>;
  return (
    <Text>
      {alike(row).map(({ top, bottom, count }, index) => (
        <Text key={index} color={top} backgroundColor={bottom}>
          {'▀'.repeat(count)}
        </Text>
      ))}
    </Text>
  );
}

/** Neighbours of the same colours as one: images have much black around them. */
function alike(row: readonly Cell[]): (Pick<Cell, 'top' | 'bottom'> & { count: number })[] {
  const runs: (Pick<Cell, 'top' | 'bottom'> & { count: number })[] = [];
  for (const { top, bottom } of row) {
    const last = runs.at(-1);
    if (last?.top === top && last.bottom === bottom) last.count++;
    else runs.push({ top, bottom, count: 1 });
  }
  return runs;
}
