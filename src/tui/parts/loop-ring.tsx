/** The loop as a ring: what has happened in this cycle, what happens now, what comes; above it what came before it. */
import { Box, Text } from 'ink';
import { Fragment, type ReactElement } from 'react';
import type { StageName } from '../../loop/run-events.js';
import { plannedStages, turnStages, verdictStages } from '../../loop/stage-plan.js';
import { narrow } from './layout.js';
import { stageOf, type ScreenState, type StageStatus } from '../state/screen-state.js';
import { wordsOf } from '../../loop/stage-names.js';
import { Toned } from './tones.js';

/** The half of the ring that is read from left to right ends with the last of these, and stages of a person's own stand between them. */
const forward: ReadonlySet<StageName> = new Set(turnStages);

const marks = { waiting: '○', running: '●', done: '✓', skipped: '✓' } as const;

interface RingProps {
  state: ScreenState;
  /** The cycle to show. */
  cycle: number;
  columns: number;
}

export function LoopRing({ state, cycle, columns }: RingProps): ReactElement {
  const shown = Math.max(1, cycle);
  const planned = plannedStages(state, shown);
  const look = (of: number, stages: readonly StageName[]) => stages.map((stage) => lookOf(state, of, stage, columns));
  const turn = planned.findLastIndex((stage) => forward.has(stage)) + 1;
  const top = look(shown, planned.slice(0, turn));
  const back = look(shown, planned.slice(turn).toReversed());
  // Wide arrows where they fit with what stands around them.
  const arrow = Math.max(lengthOf(top, 3), lengthOf(back, 3)) + 12 <= columns ? 3 : 1;
  const width = Math.max(lengthOf(top, arrow), lengthOf(back, arrow));
  const [to, from] = arrow === 3 ? [' → ', ' ← '] : ['→', '←'];
  const learned = learnedBefore(state, shown);
  const last = cycle >= state.cycles && state.cycles > 0;
  return (
    <Box flexDirection="column" paddingX={1}>
      <Text wrap="truncate">
        <Toned tone="faint">{learned.length === 0 ? 'start ' : 'before '}</Toned>
        <Stages looks={learned.length === 0 ? look(0, state.plan.start) : look(shown, learned)} arrow=" → " />
      </Text>
      <Text wrap="truncate">
        <Toned tone="faint">{last ? '     ╭─ ' : '     ╭→ '}</Toned>
        <Stages looks={top} arrow={to} />
        <Toned tone="faint">{` ${'─'.repeat(width - lengthOf(top, arrow))}─╮`}</Toned>
      </Text>
      <Text wrap="truncate">
        <Toned tone="faint">{'     ╰─ '}</Toned>
        <Stages looks={back} arrow={from} />
        <Toned tone="faint">{` ←${'─'.repeat(width - lengthOf(back, arrow))}╯`}</Toned>
      </Text>
    </Box>
  );
}

/** Where experts were heard before a cycle, that has taken the place of the start, which is long past. */
function learnedBefore(state: ScreenState, cycle: number): readonly StageName[] {
  const { status, metrics } = stageOf(state, cycle, 'verdicts');
  if (status === 'waiting') return [];
  // Of readers who do not agree nothing is learned.
  return metrics['trusted'] === 0 && metrics['refused'] === 0 ? ['verdicts'] : verdictStages;
}

interface Look {
  status: StageStatus;
  text: string;
}

/** A narrow terminal names only the stage at work. */
function lookOf(state: ScreenState, cycle: number, stage: StageName, columns: number): Look {
  const status = statusOf(state, cycle, stage);
  const isNamed = columns >= narrow || status === 'running';
  const { name, ring = name } = wordsOf(stage);
  return { status, text: isNamed ? `${marks[status]} ${ring}` : marks[status] };
}

function Stages({ looks, arrow }: { looks: readonly Look[]; arrow: string }): ReactElement {
  return (
    <>
      {looks.map((look, index) => (
        <Fragment key={index}>
          {index === 0 ? null : <Toned tone="faint">{arrow}</Toned>}
          <Mark {...look} />
        </Fragment>
      ))}
    </>
  );
}

function Mark({ status, text }: Look): ReactElement {
  if (status === 'running')
    return (
      <Text inverse bold>
        {text}
      </Text>
    );
  return status === 'waiting' ? <Toned tone="faint">{text}</Toned> : <Toned tone="good">{text}</Toned>;
}

/** A stage that was running when the run ended is no longer at work. */
function statusOf(state: ScreenState, cycle: number, stage: StageName): StageStatus {
  const { status } = stageOf(state, cycle, stage);
  return status === 'running' && state.current === null ? 'waiting' : status;
}

const lengthOf = (looks: readonly Look[], arrow: number): number =>
  looks.reduce((sum, { text }) => sum + text.length + arrow, -arrow);
