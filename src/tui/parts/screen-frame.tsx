/** The box around whatever fills the middle of the screen. Its border and padding take two rows and four columns. */
import { Box } from 'ink';
import type { ReactElement, ReactNode } from 'react';

interface FrameProps {
  width: number;
  height: number;
  children: ReactNode;
}

export function Frame({ width, height, children }: FrameProps): ReactElement {
  return (
    <Box
      borderStyle="round"
      borderDimColor
      flexDirection="column"
      width={width}
      height={height}
      paddingX={1}
      overflow="hidden"
    >
      {children}
    </Box>
  );
}
