/** Evaluation: accuracy after SFT and after GRPO against the base and the cycle before; by modality and question type. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { formatNumber } from '../../format.js';
import type { StageName } from '../../loop/events.js';
import type { StageDetail } from '../../loop/stage-detail.js';
import { Change, Progress } from '../facts.js';
import { bar } from '../plot.js';
import { stageOf, type ScreenState } from '../state.js';
import type { PanelProps } from './panel-props.js';

type Groups = Extract<StageDetail, { kind: 'evaluation' }>['byModality'];

interface Measured {
  name: string;
  accuracy: number;
  detail: Extract<StageDetail, { kind: 'evaluation' }> | null;
}

export function EvaluationPanel({ state, width, height }: PanelProps): ReactElement {
  const testing = state.current?.stage.startsWith('evaluate') === true ? state.progress : null;
  const measured = measuredOf(state);
  const [now, before] = [measured.at(-1), comparedWith(measured)];
  const room = height - (testing === null ? 1 : 2);
  const half = Math.floor((width - 3) / 2);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {testing === null ? null : <Progress {...testing} width={width} unit="questions" />}
      {now === undefined ? (
        <Text dimColor>nothing has been measured yet</Text>
      ) : (
        <>
          <Text wrap="truncate">
            <Text bold>{now.name}</Text> accuracy <Text bold>{formatNumber(now.accuracy)}</Text>{' '}
            {before === undefined ? null : (
              <>
                <Change now={now.accuracy} before={before.accuracy} />{' '}
                <Text dimColor>points against {before.name}</Text>
              </>
            )}
          </Text>
          {now.detail === null ? null : (
            <Box columnGap={3}>
              <Group
                title="modality"
                groups={now.detail.byModality}
                before={before?.detail?.byModality}
                width={half}
                rows={room}
              />
              <Group
                title="question type"
                groups={now.detail.byQuestionType}
                before={before?.detail?.byQuestionType}
                width={half}
                rows={room}
              />
            </Box>
          )}
        </>
      )}
    </Box>
  );
}

function measuredOf(state: ScreenState): Measured[] {
  const all: Measured[] = [];
  const add = (cycle: number, stage: StageName, name: string): void => {
    const { metrics, detail } = stageOf(state, cycle, stage);
    if (typeof metrics['accuracy'] !== 'number') return;
    all.push({ name, accuracy: metrics['accuracy'], detail: detail?.kind === 'evaluation' ? detail : null });
  };
  add(0, 'evaluate-base', 'base');
  for (let cycle = 1; cycle <= state.cycles; cycle++) {
    add(cycle, 'evaluate-sft', `SFT, cycle ${cycle}`);
    add(cycle, 'evaluate-grpo', `GRPO, cycle ${cycle}`);
  }
  return all;
}

/** The same step of the cycle before; the base in the first cycle. */
function comparedWith(measured: readonly Measured[]): Measured | undefined {
  if (measured.length < 2) return undefined;
  return measured.length <= 3 ? measured[0] : measured.at(-3);
}

interface GroupProps {
  title: string;
  groups: Groups;
  before: Groups | undefined;
  width: number;
  rows: number;
}

function Group({ title, groups, before, width, rows }: GroupProps): ReactElement {
  const shareOf = (group: Groups[string] | undefined): number | null =>
    group === undefined || group.n === 0 ? null : group.correct / group.n;
  const entries = Object.entries(groups).toSorted(([, a], [, b]) => b.n - a.n);
  const nameWidth = Math.max(8, Math.min(26, width - 22));
  const barWidth = Math.max(0, Math.min(20, width - nameWidth - 16));
  return (
    <Box
      flexDirection="column"
      width={width}
      height={Math.min(rows, entries.length + (rows > entries.length ? 1 : 0))}
      overflow="hidden"
    >
      {rows > entries.length ? <Text dimColor>by {title}</Text> : null}
      {entries.slice(0, rows).map(([name, group]) => (
        <Text key={name} wrap="truncate">
          {name.slice(0, nameWidth).padEnd(nameWidth)} {formatNumber(shareOf(group), 2).padStart(4)}{' '}
          <Text color="cyan">{bar(shareOf(group) ?? 0, barWidth)}</Text>{' '}
          <Change now={shareOf(group)} before={shareOf(before?.[name])} />
        </Text>
      ))}
    </Box>
  );
}
