/** SFT, of the policy or of a generator that learns: its loss line and how fast it goes. */
import { Box } from 'ink';
import type { ReactElement } from 'react';
import { compact, formatNumber } from '../../format.js';
import { Facts, type Fact } from '../parts/named-figures.js';
import { LineChart } from '../parts/line-chart.js';
import { lastValue } from '../state/series.js';
import type { Training } from '../state/screen-state.js';
import { splitWidth, type PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';

export function SftPanel({ state: { sft, job }, width, height }: PanelProps): ReactElement {
  if (sft === null) return <Toned tone="faint">SFT has not begun yet</Toned>;
  const { left, right } = splitWidth(width, 28);
  return (
    <Box width={width} height={height} columnGap={2} overflow="hidden">
      <LineChart
        title={sft.stage === 'sft' ? `loss, cycle ${sft.cycle}` : `loss of the generator, cycle ${sft.cycle}`}
        curves={[sft.loss]}
        width={left}
        height={height}
        totalSteps={sft.totalSteps}
      />
      <Facts facts={trainingFacts(sft, job)} width={right} nameWidth={10} />
    </Box>
  );
}

export function trainingFacts(training: Training, job: { device: string; parameters: number | null } | null): Fact[] {
  const { step, totalSteps, loss, tokensPerSecond, tokens, learningRate, stepSeconds, checkpointStep } = training;
  return [
    ['step', totalSteps === 0 ? '–' : `${step} of ${totalSteps}`],
    ['loss', formatNumber(lastValue(loss))],
    ['speed', `${compact(tokensPerSecond)} tokens/s`],
    ['tokens', compact(tokens)],
    ['step takes', stepSeconds === null ? '–' : `${formatNumber(stepSeconds, 2)} s`],
    ['rate', learningRate === null ? '–' : learningRate.toExponential(1)],
    ['saved at', checkpointStep === null ? '–' : `step ${checkpointStep}`],
    ...(job === null ? [] : [['device', `${job.device}, ${compact(job.parameters)} par.`] as const]),
  ];
}
