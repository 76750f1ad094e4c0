/** The frame around the panel of the stage at work, or of the one that a person chose with tab. */
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { formatSeconds } from '../../format.js';
import { Frame } from './screen-frame.js';
import { timeLeft } from '../state/time-left.js';
import { EvaluationPanel } from '../panels/evaluation-panel.js';
import { FilterPanel } from '../panels/filter-panel.js';
import { GeneratePanel } from '../panels/generate-panel.js';
import { GrpoPanel } from '../panels/grpo-panel.js';
import type { PanelProps } from '../panels/panel-props.js';
import { RewardModelPanel } from '../panels/reward-model-panel.js';
import { SftPanel } from '../panels/sft-panel.js';
import { stageOf, type ScreenState } from '../state/screen-state.js';
import { type PanelName } from '../panels/panel-names.js';
import { wordsOf } from '../../loop/stage-names.js';
import { LoopLines } from './loop-lines.js';
import { Toned } from './tones.js';

export const panels: Record<PanelName, (props: PanelProps) => ReactElement> = {
  generate: GeneratePanel,
  'reward model': RewardModelPanel,
  filter: FilterPanel,
  SFT: SftPanel,
  GRPO: GrpoPanel,
  evaluation: EvaluationPanel,
};

interface PanelFrameProps {
  state: ScreenState;
  name: PanelName;
  /** Whether it is there because of the stage at work. */
  follows: boolean;
  now: number;
  width: number;
  height: number;
}

/** The frame, and in it the title and the panel. */
export function PanelFrame({ state, name, follows, now, width, height }: PanelFrameProps): ReactElement {
  const Panel = panels[name];
  const { title, time, about } = follows ? atWork(state, now) : { title: name, time: '', about: '' };
  const inner = width - 4;
  // A sentence that would be cut gets a row of its own, where a chart can spare one.
  const ownRow = `${title}${time} · ${about}`.length > inner && height >= roomy;
  return (
    <Frame width={width} height={height}>
      <Text wrap="truncate">
        <Text bold>{title}</Text>
        {time}
        {about === '' || ownRow ? null : <Toned tone="faint"> · {about}</Toned>}
      </Text>
      {ownRow ? (
        <Toned tone="faint" wrap="truncate">
          {about}
        </Toned>
      ) : null}
      {follows && state.place === null ? (
        <LoopLines />
      ) : (
        <Panel state={state} width={inner} height={height - (ownRow ? 4 : 3)} />
      )}
    </Frame>
  );
}

/** Rows of a panel, with its frame, that leave a chart enough when one goes to the sentence about the stage. */
const roomy = 12;

interface Heading {
  title: string;
  /** How long it has worked and will work. */
  time: string;
  about: string;
}

function atWork(state: ScreenState, now: number): Heading {
  const { current } = state;
  if (current === null) return { title: idleTitle(state), time: '', about: state.place === null ? beginning : '' };
  const { name, about } = wordsOf(current.stage);
  const { startedAt } = stageOf(state, current.cycle, current.stage);
  const { stage: left } = timeLeft(state, now);
  // Nothing goes on where the process is gone.
  const leftText = state.status === 'gone' ? '' : ` · left ${left === null ? '?' : `≈ ${formatSeconds(left)}`}`;
  const worked = startedAt === null ? '' : ` ${formatSeconds(Math.max(0, now - startedAt) / 1000)}`;
  return { title: name, time: `${worked}${leftText}`, about };
}

/** Before the first stage there is nothing else to see. */
const beginning = 'The run folder is opened, Python starts, and the data is read.';

function idleTitle({ status, place }: ScreenState): string {
  if (status === 'complete') return 'Result';
  if (status === 'interrupted' || status === 'failed') return 'Result so far';
  if (status === 'paused' && place !== null) return `Paused before: ${wordsOf(place.stage).name}`;
  return place === null ? 'Starting' : wordsOf(place.stage).name;
}
