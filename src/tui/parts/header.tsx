/** The first line: which run, which cycle, how long it has worked and will work. */
import { basename, dirname } from 'node:path';
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { fixed, formatSeconds } from '../../format.js';
import { timeLeft } from '../state/time-left.js';
import type { GpuUse } from '../gpu-use.js';
import { narrow } from './layout.js';
import type { ScreenState } from '../state/screen-state.js';
import { Toned } from './tones.js';

interface HeaderProps {
  state: ScreenState;
  /** Milliseconds since 1970. */
  now: number;
  gpus: readonly GpuUse[];
  columns: number;
}

export function Header({ state, now, gpus, columns }: HeaderProps): ReactElement {
  const { status } = state;
  const done = status === 'complete' || status === 'interrupted' || status === 'failed';
  const place = done ? null : placeText(state, columns < narrow);
  return (
    <Box width={columns} justifyContent="space-between" columnGap={1} paddingX={1}>
      <Text wrap="truncate">
        <Text bold>{`medgr2 ${nameOf(state)}`.trimEnd()}</Text>
        {place === null ? '' : ` · ${place}`} · <Status status={status} />
      </Text>
      <Box flexShrink={0}>
        <Text>
          {gpuText(gpus, columns)}
          {timeText(state, now, done)}
        </Text>
      </Box>
    </Box>
  );
}

/** Seeds lie in the folder that people know. */
const nameOf = ({ runDir, seeds }: ScreenState): string =>
  basename(seeds.length === 0 ? runDir : dirname(runDir)).replace(/^\.$/, '');

/** The cycle of a loop; of a comparison the model at work, and with several seeds which. */
function placeText({ place, cycles, grid, seeds, seed }: ScreenState, short: boolean): string | null {
  if (grid === null) {
    if (place === null || place.cycle === 0) return short ? 'start' : 'before the first cycle';
    return `cycle ${place.cycle}${short ? '/' : ' of '}${cycles}`;
  }
  const arm = grid.arms.findIndex(({ name }) => name === grid.atWork);
  const model = arm === -1 ? [] : [`model ${arm + 1} of ${grid.arms.length}`];
  const seedText = seeds.length === 0 ? [] : [short ? `seed ${seed}` : `seed ${seed} (of ${seeds.join(', ')})`];
  const parts = [...model, ...seedText];
  return parts.length === 0 ? null : parts.join(', ');
}

const looks = {
  waiting: ['starting', null],
  running: ['● running', 'good'],
  paused: ['‖ paused', 'note'],
  complete: ['✓ complete', 'good'],
  interrupted: ['■ stopped, can be continued', 'note'],
  failed: ['✗ failed', 'bad'],
  gone: ['✗ process gone, can be continued', 'bad'],
} as const;

function Status({ status }: { status: ScreenState['status'] }): ReactElement {
  const [text, tone] = looks[status];
  return tone === null ? <Text>{text}</Text> : <Toned tone={tone}>{text}</Toned>;
}

function timeText(state: ScreenState, now: number, done: boolean): string {
  if (state.status === 'waiting') return '';
  const until = state.pausedAt ?? now;
  // Between two seeds nothing has started.
  const current = Math.max(0, (until - (state.startedAt ?? until)) / 1000 - state.pausedSeconds);
  const worked = state.earlierSeconds + (done ? 0 : current);
  if (done || state.status === 'gone') return formatSeconds(worked);
  const { run } = timeLeft(state, now);
  return `${formatSeconds(worked)} · left ${run === null ? '?' : `≈ ${formatSeconds(run)}`}`;
}

function gpuText(gpus: readonly GpuUse[], columns: number): string {
  if (gpus.length === 0 || columns < 100) return '';
  const shown = gpus.slice(0, columns >= 160 ? 4 : 1);
  return `${shown.map((gpu) => `GPU${gpus.length > 1 ? gpu.index : ''} ${gpu.percent} % ${fixed(gpu.usedGiB, 0)}/${fixed(gpu.totalGiB, 0)} GiB`).join(' ')} · `;
}
