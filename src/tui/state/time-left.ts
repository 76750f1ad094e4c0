/**
 * How long a run will still take: only from what this run itself has shown. A stage that has not happened in a cycle yet
 * has no basis, and then there is no estimate (null) rather than a guess.
 */
import type { StageName } from '../../loop/run-events.js';
import { plannedStages, stageOf, type ScreenState } from './screen-state.js';

/** A stage at work is judged by its own progress from this share, and this many seconds, on. */
const leastShare = 0.05;
const leastSeconds = 3;

export interface TimeLeft {
  /** Seconds; null where there is no basis. */
  stage: number | null;
  run: number | null;
}

/** @param now Milliseconds since 1970. */
export function timeLeft(state: ScreenState, now: number): TimeLeft {
  const { current, cycles } = state;
  if (current === null || cycles === 0) return { stage: null, run: null };
  const stage = currentLeft(state, now);
  let run = stage;
  for (let cycle = current.cycle; cycle <= cycles && run !== null; cycle++) {
    const planned = plannedStages(state, cycle);
    const from = cycle === current.cycle ? planned.indexOf(current.stage) + 1 : 0;
    for (const name of planned.slice(from)) {
      const seconds = typicalSeconds(state, cycle, name);
      run = run === null || seconds === null ? null : run + seconds;
    }
  }
  return { stage, run };
}

function currentLeft(state: ScreenState, now: number): number | null {
  const { current, progress } = state;
  if (current === null) return null;
  const { startedAt } = stageOf(state, current.cycle, current.stage);
  const worked = startedAt === null ? 0 : Math.max(0, now - startedAt) / 1000;
  const share = progress === null || progress.total === 0 ? 0 : progress.done / progress.total;
  if (share >= leastShare && worked >= leastSeconds) return (worked * (1 - share)) / share;
  const typical = typicalSeconds(state, current.cycle, current.stage);
  return typical === null ? null : Math.max(0, typical - worked);
}

/** Seconds of the same work in the newest cycle that did it; the first reward model is trained longer than later ones. */
function typicalSeconds(state: ScreenState, cycle: number, stage: StageName): number | null {
  for (let earlier = cycle - 1; earlier >= 1; earlier--) {
    const { status, seconds } = stageOf(state, earlier, stage);
    if (status === 'done' && seconds !== null) return seconds;
  }
  const { seconds } = stageOf(state, 0, sameWork[stage] ?? 'prepare-data');
  return sameWork[stage] === undefined ? null : seconds;
}

/** Stages before the first cycle that do the same work as one within: the same questions, the same texts. */
const sameWork: Partial<Record<StageName, StageName>> = {
  'evaluate-sft': 'evaluate-base',
  'evaluate-grpo': 'evaluate-base',
  'reward-report': 'reward-report',
};
