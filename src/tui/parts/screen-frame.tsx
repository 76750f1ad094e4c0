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
      {/* What does not fit is cut off at the end: shrunk, its rows would be written over each other. */}
      <Box flexDirection="column" flexShrink={0}>
        {children}
      </Box>
    </Box>
  );
}
