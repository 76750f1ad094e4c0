/** Evaluation: accuracy of the newest policy against the base; by modality and question type. */
import { percent } from '../../format.js';
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import type { AnsweredQuestion, StageName } from '../../loop/run-events.js';
import type { StageDetail } from '../../loop/stage-detail.js';
import { ArmsPanel } from '../grid/arms-panel.js';
import { Change, Progress } from '../parts/named-figures.js';
import { bar } from '../parts/plot.js';
import { stageOf, type ScreenState } from '../state/screen-state.js';
import type { PanelProps } from './panel-props.js';
import { Toned } from '../parts/tones.js';

type EvaluationDetail = Extract<StageDetail, { kind: 'evaluation' }>;
type Counts = EvaluationDetail['byModality'];

interface Measured {
  name: string;
  accuracy: number;
  detail: EvaluationDetail | null;
}

export function EvaluationPanel(props: PanelProps): ReactElement {
  return props.state.grid === null ? <PoliciesPanel {...props} /> : <ArmsPanel {...props} />;
}

function PoliciesPanel({ state, width, height }: PanelProps): ReactElement {
  const testing = state.current?.stage.startsWith('evaluate') === true ? state.progress : null;
  const measured = measuredOf(state);
  const [now, before] = [measured.at(-1), measured.length < 2 ? undefined : measured[0]];
  const room = height - (testing === null ? 1 : 2);
  const left = room - groupRows(now?.detail ?? null, width);
  const answered = answersFit(state.answered, left) ? state.answered : [];
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {testing === null ? null : <Progress {...testing} width={width} unit="questions" />}
      {now === undefined ? (
        <Toned tone="faint">nothing has been measured yet</Toned>
      ) : (
        <>
          <Text wrap="truncate">
            <Text bold>{now.name}</Text> accuracy <Text bold>{percent(now.accuracy)}</Text>{' '}
            {before === undefined ? null : (
              <>
                <Change now={now.accuracy} before={before.accuracy} />{' '}
                <Toned tone="faint">points against {before.name}</Toned>
              </>
            )}
          </Text>
          {now.detail === null ? null : (
            <Groups now={now.detail} before={before?.detail ?? null} width={width} rows={room} />
          )}
          <Answers answered={answered} />
          <Way measured={measured} width={width} rows={left - (answered.length === 0 ? 0 : answered.length + 2)} />
        </>
      )}
    </Box>
  );
}

/** Lines that fill the panel: a word or a figure, the groups, the answers, and the way from the base. */
export function policiesRows(state: ScreenState, width: number): number {
  const measured = measuredOf(state);
  const answered = state.answered.length === 0 ? 0 : state.answered.length + 2;
  const way = measured.length < 2 ? 0 : measured.length + 2;
  return 2 + groupRows(measured.at(-1)?.detail ?? null, width) + answered + way;
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
    add(cycle, 'evaluate-sft', `cycle ${cycle} SFT`);
    add(cycle, 'evaluate-grpo', `cycle ${cycle} GRPO`);
  }
  return all;
}

/** A blank line, a heading, and a line each: not without room for all of them. */
const answersFit = (answered: readonly AnsweredQuestion[], rows: number): boolean =>
  answered.length > 0 && rows >= answered.length + 2;

/** What the policy answered before any training, and what it answers now. */
function Answers({ answered }: { answered: readonly AnsweredQuestion[] }): ReactElement {
  if (answered.length === 0) return <></>;
  return (
    <Box flexDirection="column" marginTop={1}>
      <Toned tone="faint">what it answered before any training, and now</Toned>
      {answered.map(({ sample, before, now, isRight, wasRight }) => (
        <Text key={`${wasRight} ${isRight}`} wrap="truncate-end">
          <Toned tone={isRight ? 'good' : 'bad'}>{isRight ? '✓' : '✗'}</Toned> {before ?? 'nothing read'} →{' '}
          <Text bold>{now ?? 'nothing read'}</Text>
          {isRight ? '' : ` (key ${sample.answer})`}{' '}
          <Toned tone="faint">{`${sample.modality}: ${sample.question}`}</Toned>
        </Text>
      ))}
    </Box>
  );
}

/** Every policy on its way from the base, the newest that fit; nothing where there is no room for two. */
function Way({ measured, width, rows }: { measured: readonly Measured[]; width: number; rows: number }): ReactElement {
  const shown = measured.slice(-Math.max(0, rows - 2));
  if (rows < 4 || shown.length < 2) return <></>;
  const names = Math.max(...shown.map(({ name }) => name.length));
  const cells = Math.min(40, width - names - figuresWidth - 1);
  return (
    <Box flexDirection="column" marginTop={1}>
      <Toned tone="faint">all questions, against the base</Toned>
      {shown.map(({ name, accuracy }) => (
        <Text key={name} wrap="truncate">
          {name.padEnd(names)} {percent(accuracy)} <Toned tone="measure">{bar(accuracy, Math.max(4, cells))} </Toned>
          {name === 'base' ? null : <Change now={accuracy} before={measured[0]?.accuracy ?? null} />}
        </Text>
      ))}
    </Box>
  );
}

/** Rows that the groups take where they have all they want. */
function groupRows(detail: EvaluationDetail | null, width: number): number {
  if (detail === null) return 0;
  const groups = [detail.byModality, detail.byQuestionType].map((counts) => Object.keys(counts));
  const lengths = groups.map(({ length }) => length + 1);
  const names = groups.map((group) => Math.max(0, ...group.map(({ length }) => length)));
  const beside = width - gap - names.reduce((sum, name) => sum + name + figuresWidth, 0) >= 0;
  return beside ? Math.max(...lengths) : lengths.reduce((sum, length) => sum + length, 0);
}

interface GroupsProps {
  now: EvaluationDetail;
  before: EvaluationDetail | null;
  width: number;
  rows: number;
}

const gap = 3;
/** Cells of what follows a name: the share, and the change against before. */
const figuresWidth = ' 100 % +100.0'.length;
const leastBar = 4;
const longestBar = 20;

/** Beside each other where the names fit whole, else one below the other where there are rows for that. */
function Groups({ now, before, width, rows }: GroupsProps): ReactElement {
  const groups = [
    { title: 'modality', counts: now.byModality, before: before?.byModality },
    { title: 'question type', counts: now.byQuestionType, before: before?.byQuestionType },
  ].map((group) => ({ ...group, names: Math.max(0, ...Object.keys(group.counts).map(({ length }) => length)) }));
  const spare = width - gap - groups.reduce((sum, { names }) => sum + names + figuresWidth, 0);
  const lengths = groups.map(({ counts }) => Object.keys(counts).length);
  const stacked = spare < 0 && rows >= lengths.reduce((sum, length) => sum + length + 1, 0);
  const half = Math.floor((width - gap) / 2);
  const isTitled = stacked || rows > Math.max(...lengths);
  return (
    <Box flexDirection={stacked ? 'column' : 'row'} columnGap={gap}>
      {groups.map(({ names, ...group }) => {
        const cells = stacked ? width : spare < 0 ? half : names + figuresWidth + Math.floor(spare / 2);
        const nameWidth = stacked ? Math.max(...groups.map((other) => other.names)) : names;
        return <Group key={group.title} {...{ ...group, nameWidth, rows, isTitled }} width={cells} />;
      })}
    </Box>
  );
}

interface GroupProps {
  title: string;
  counts: Counts;
  before: Counts | undefined;
  nameWidth: number;
  width: number;
  rows: number;
  isTitled: boolean;
}

function Group({ title, counts, before, nameWidth, width, rows, isTitled }: GroupProps): ReactElement {
  const entries = Object.entries(counts).toSorted(([, a], [, b]) => b.n - a.n);
  const room = rows - (isTitled ? 1 : 0);
  const shown = entries.length > room ? entries.slice(0, Math.max(0, room - 1)) : entries;
  const nameCells = Math.max(8, Math.min(nameWidth, width - figuresWidth));
  const barCells = Math.min(longestBar, width - nameCells - figuresWidth - 1);
  return (
    <Box flexDirection="column" width={width} overflow="hidden">
      {isTitled ? <Toned tone="faint">by {title}</Toned> : null}
      {shown.map(([name, group]) => (
        <Text key={name} wrap="truncate">
          {name.slice(0, nameCells).padEnd(nameCells)} {percent(shareOf(group), 0).padStart(5)}{' '}
          {barCells < leastBar ? null : <Toned tone="measure">{bar(shareOf(group) ?? 0, barCells)} </Toned>}
          <Change now={shareOf(group)} before={shareOf(before?.[name])} />
        </Text>
      ))}
      {shown.length < entries.length ? <Toned tone="faint">… {entries.length - shown.length} more</Toned> : null}
    </Box>
  );
}

const shareOf = (group: Counts[string] | undefined): number | null =>
  group === undefined || group.n === 0 ? null : group.correct / group.n;
