/** The first line: which run, which cycle, how long it has worked and will work. */
import { basename } from 'node:path';
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatSeconds } from '../../format.js';
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
  const { place: at, cycles, status } = state;
  const done = status === 'complete' || status === 'interrupted' || status === 'failed';
  const place = done
    ? null
    : at === null || at.cycle === 0
      ? columns < narrow
        ? 'start'
        : 'before the first cycle'
      : `cycle ${at.cycle}${columns < narrow ? '/' : ' of '}${cycles}`;
  return (
    <Box width={columns} justifyContent="space-between" columnGap={1} paddingX={1}>
      <Text wrap="truncate">
        <Text bold>{`medgr2 ${basename(state.runDir)}`.trimEnd()}</Text>
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
  if (state.startedAt === null) return '';
  const until = state.pausedAt ?? now;
  const current = Math.max(0, (until - state.startedAt) / 1000 - state.pausedSeconds);
  const worked = state.earlierSeconds + (done ? 0 : current);
  if (done || state.status === 'gone') return formatSeconds(worked);
  const { run } = timeLeft(state, now);
  return `${formatSeconds(worked)} · left ${run === null ? '?' : `≈ ${formatSeconds(run)}`}`;
}

function gpuText(gpus: readonly GpuUse[], columns: number): string {
  if (gpus.length === 0 || columns < 100) return '';
  const shown = gpus.slice(0, columns >= 160 ? 4 : 1);
  return `${shown.map((gpu) => `GPU${gpus.length > 1 ? gpu.index : ''} ${gpu.percent} % ${gpu.usedGiB.toFixed(0)}/${gpu.totalGiB.toFixed(0)} GiB`).join(' ')} · `;
}
