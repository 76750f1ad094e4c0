/** The last line: what the keys do, or what was asked for; alarms and errors before it. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { spacedName } from '../../format.js';
import { Toned } from '../parts/tones.js';
import type { ScreenState } from '../state/screen-state.js';

/** What a person has asked the run for; null where nothing is pending. */
export type Asked = 'pause' | 'stop-after-stage' | 'stop' | null;

const pausedWords = 'paused, its time stands still · p goes on · q stops · ? help';
const askedWords = {
  pause: 'pauses before the next stage · p goes on',
  'stop-after-stage': 'stops after this stage · s takes it back',
  stop: 'stopping: what is at work ends safely · q again stops at once',
} as const;

/** The longest first. */
const ownKeys = [
  'p pause · s stop after this stage · q stop now · tab panels · i image · ? help',
  'p pause · s after stage · q stop · tab · i · ? help',
  'p pause · q stop · ? help',
];
const onlookersKeys = ['q leave · tab panels · i image · ? help', 'q leave · ? help'];

interface KeysProps {
  asked: Asked;
  owns: boolean;
  error: string | null;
  alarms: ScreenState['alarms'];
  status: ScreenState['status'];
  columns: number;
}

export function KeysLine({ asked, owns, error, alarms, status, columns }: KeysProps): ReactElement {
  const works = status === 'waiting' || status === 'running' || status === 'paused';
  const alarm = alarms.length === 0 ? '' : `⚠ ${alarmWords(alarms)} · `;
  // In as many words as there is room for beside an alarm: the way to the help is always there.
  const keys = (owns ? ownKeys : onlookersKeys).find(({ length }) => alarm.length + length <= columns - 2) ?? '? help';
  return (
    <Box paddingX={1} flexShrink={0}>
      <Text wrap="truncate">
        {error !== null ? (
          <Toned tone="bad">{error.split('\n')[0]}</Toned>
        ) : status === 'paused' && asked !== 'stop' ? (
          <Toned tone="note">{owns ? pausedWords : 'paused by whoever runs it · q leave · ? help'}</Toned>
        ) : asked === null || !works ? (
          <>
            {alarm === '' ? null : <Toned tone="bad">{alarm}</Toned>}
            <Toned tone="faint">{keys}</Toned>
          </>
        ) : (
          <Toned tone="note">{askedWords[asked]}</Toned>
        )}
      </Text>
    </Box>
  );
}

/** Which guards alarmed; what they say stands in the log, and at the end. */
function alarmWords(alarms: ScreenState['alarms']): string {
  const [newest, ...earlier] = alarms.toReversed();
  if (newest === undefined) return '';
  const more = earlier.length === 0 ? '' : ` and ${earlier.length} more`;
  return `${spacedName(newest.guard)}${newest.cycle === 0 ? '' : ` in cycle ${newest.cycle}`}${more}`;
}
