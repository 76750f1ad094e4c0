/** What the arms of a comparison came to, the best first: bars, each against the base. */
import { gap, percent } from '../../format.js';
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import stringWidth from 'string-width';
import type { PanelProps } from '../panels/panel-props.js';
import { Change, Progress } from '../parts/named-figures.js';
import { bar } from '../parts/plot.js';
import { Toned } from '../parts/tones.js';
import { bestFirst, type MeasuredArm } from './measured-arms.js';

/** Cells of what stands around a name and its bar: the share, the change. */
const figuresWidth = ' 100.0 %  +100.0'.length;

export function ArmsPanel({ state, width, height }: PanelProps): ReactElement {
  const testing = state.current?.stage === 'evaluate' ? state.progress : null;
  const { measured, base } = bestFirst(state);
  const room = height - (testing === null ? 1 : 2);
  const shown = measured.slice(0, measured.length > room ? Math.max(1, room - 1) : room);
  const names = Math.max(0, ...shown.map(({ label }) => stringWidth(label)));
  const cells = Math.max(4, Math.min(60, width - names - figuresWidth - 2));
  const line = ({ label, accuracy, name, gain }: MeasuredArm): ReactElement => (
    <Text key={name} wrap="truncate">
      {label + gap(label, names)} {percent(accuracy).padStart(7)} <Toned tone="measure">{bar(accuracy, cells)} </Toned>
      {gain === null ? null : <Change now={gain} before={0} />}
    </Text>
  );
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {testing === null ? null : <Progress {...testing} width={width} unit="questions" />}
      {shown.length === 0 ? (
        <Toned tone="faint">nothing has been measured yet</Toned>
      ) : (
        <>
          <Toned tone="faint" wrap="truncate">
            {`accuracy, the highest first${base === null ? '' : `; points against ${base.label}`}`}
          </Toned>
          {shown.map(line)}
        </>
      )}
      {shown.length < measured.length ? <Toned tone="faint">… {measured.length - shown.length} more</Toned> : null}
    </Box>
  );
}
