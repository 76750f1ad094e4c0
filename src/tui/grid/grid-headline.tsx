/** The second line of a comparison's screen: how many are measured, and the best against the base. */
import { percent } from '../../format.js';
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { Change } from '../parts/named-figures.js';
import { Toned } from '../parts/tones.js';
import { measuredCount, seedsOf } from '../state/arms.js';
import type { ScreenState } from '../state/screen-state.js';
import { bestFirst } from './measured-arms.js';

export function GridHeadline({ state }: { state: ScreenState }): ReactElement {
  if (state.grid === null) return <></>;
  const seeds = seedsOf(state);
  const { done, total } = measuredCount(state.grid, seeds);
  const { measured, base } = bestFirst(state);
  const [best] = measured;
  const count = `${done} of ${total} ${seeds.length > 1 ? `measured (${seeds.length} seeds)` : 'models measured'}`;
  if (best === undefined) return <Text wrap="truncate"> {count}</Text>;
  return (
    <Text wrap="truncate">
      {' highest '}
      <Text bold>{percent(best.accuracy)}</Text> {best.label}
      {base === null || best.gain === null ? null : (
        <>
          {' '}
          <Change now={best.gain} before={0} />
          {` points against ${base.label} ${percent(base.accuracy)}`}
        </>
      )}
      <Toned tone="faint"> · {count}</Toned>
    </Text>
  );
}
