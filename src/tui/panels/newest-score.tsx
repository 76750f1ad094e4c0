/** One of the candidates that have just been scored: question, answer, image, and on which side of τ it lands. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatNumber } from '../../format.js';
import type { NewestSample } from '../../loop/run-events.js';
import { leastImageRows, SmallImage } from '../images/small-image.js';
import { Toned } from '../parts/tones.js';

interface NewestScoreProps {
  sample: NewestSample;
  score: number;
  tau: number | null;
  runDir: string;
  width: number;
  /** Rows that are left below the figures. */
  height: number;
}

/** A blank line, the score, a line of the question, the answer; a second line of the question where there is one more. */
const leastRows = 4;
const textRows = 5;

export function NewestScore({ sample, score, tau, runDir, width, height }: NewestScoreProps): ReactElement {
  if (height < leastRows) return <></>;
  const imageRows = Math.min(height - textRows - 1, Math.floor(width / 2), 32);
  const above = tau !== null && score > tau;
  return (
    <Box flexDirection="column" width={width} marginTop={1}>
      <Text wrap="truncate">
        <Toned tone="faint">▴ newest</Toned> <Text bold>{formatNumber(score, 2)}</Text>{' '}
        {tau === null ? null : <Toned tone={above ? 'good' : 'bad'}>{above ? 'above τ' : 'below τ'}</Toned>}{' '}
        <Toned tone="faint">{`${sample.modality}, ${sample.questionType}`}</Toned>
      </Text>
      <Box maxHeight={2} overflow="hidden" flexShrink={0}>
        <Text wrap={height === leastRows ? 'truncate' : 'wrap'}>{sample.question}</Text>
      </Box>
      <Text wrap="truncate">
        → <Text bold>{sample.answer}</Text>
      </Text>
      {imageRows < leastImageRows ? null : (
        <Box marginTop={1}>
          <SmallImage image={sample.image} runDir={runDir} width={imageRows * 2} height={imageRows} />
        </Box>
      )}
    </Box>
  );
}
