/** The loop as a ring: what has happened in this cycle, what happens now, what comes; above it the start of the run. */
import { Box, Text } from 'ink';
import { Fragment, type ReactElement } from 'react';
import type { StageName } from '../loop/events.js';
import { turnStages } from '../loop/plan.js';
import { plannedStages, stageOf, type ScreenState, type StageStatus } from './state.js';
import { stageWords } from './words.js';

/** The half of the ring that is read from left to right; the rest comes back below it. */
const forward: ReadonlySet<StageName> = new Set(turnStages);

const marks = { waiting: '○', running: '●', done: '✓', skipped: '✓' } as const;

interface RingProps {
  state: ScreenState;
  /** The cycle to show. */
  cycle: number;
}

export function LoopRing({ state, cycle }: RingProps): ReactElement {
  const planned = plannedStages(state, Math.max(1, cycle));
  const back = planned.filter((stage) => !forward.has(stage)).toReversed();
  const top = planned.filter((stage) => forward.has(stage));
  const width = Math.max(lengthOf(top), lengthOf(back));
  const last = cycle >= state.cycles && state.cycles > 0;
  return (
    <Box flexDirection="column" paddingX={1}>
      <Text wrap="truncate">
        <Text dimColor>start </Text>
        <Stages state={state} cycle={0} stages={state.plan.start} arrow=" → " />
      </Text>
      <Text wrap="truncate">
        <Text dimColor>{last ? '     ╭─ ' : '     ╭→ '}</Text>
        <Stages state={state} cycle={Math.max(1, cycle)} stages={top} arrow=" → " />
        <Text dimColor>{` ${'─'.repeat(width - lengthOf(top))}─╮`}</Text>
      </Text>
      <Text wrap="truncate">
        <Text dimColor>{'     ╰─ '}</Text>
        <Stages state={state} cycle={Math.max(1, cycle)} stages={back} arrow=" ← " />
        <Text dimColor>{` ←${'─'.repeat(width - lengthOf(back))}╯`}</Text>
      </Text>
    </Box>
  );
}

interface StagesProps {
  state: ScreenState;
  cycle: number;
  stages: readonly StageName[];
  arrow: string;
}

function Stages({ state, cycle, stages, arrow }: StagesProps): ReactElement {
  return (
    <>
      {stages.map((stage, index) => (
        <Fragment key={stage}>
          {index === 0 ? null : <Text dimColor>{arrow}</Text>}
          <Mark status={statusOf(state, cycle, stage)} text={stageWords[stage].short} />
        </Fragment>
      ))}
    </>
  );
}

function Mark({ status, text }: { status: StageStatus; text: string }): ReactElement {
  const label = `${marks[status]} ${text}`;
  if (status === 'running')
    return (
      <Text inverse bold>
        {label}
      </Text>
    );
  return status === 'waiting' ? <Text dimColor>{label}</Text> : <Text color="green">{label}</Text>;
}

/** A stage that was running when the run ended is no longer at work. */
function statusOf(state: ScreenState, cycle: number, stage: StageName): StageStatus {
  const { status } = stageOf(state, cycle, stage);
  return status === 'running' && state.current === null ? 'waiting' : status;
}

const lengthOf = (stages: readonly StageName[]): number =>
  stages.reduce((sum, stage) => sum + stageWords[stage].short.length + 5, -3);
