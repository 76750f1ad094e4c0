/**
 * How long a run will still take: the work that `plan` counts, by the speed that this run has shown. What is shown falls with the
 * clock, or stands while a longer estimate catches up; only one that is far longer lifts it, by a tenth at a time. Null where there
 * is no basis.
 */
import { plannedStages } from '../../loop/stage-plan.js';
import type { StageName } from '../../loop/run-events.js';
import { ratesOf, workSeconds, type FinishedWork } from '../../loop/foresight/work-rates.js';
import type { StageWork } from '../../loop/foresight/work-schema.js';
import { gridForesight, gridLeft, proportion } from './grid-left.js';
import { stageOf, type Expected, type Foreseen, type ScreenState } from './screen-state.js';
import { stageKey } from './stage-key.js';

export interface TimeLeft {
  /** Seconds; null where there is no basis. */
  stage: number | null;
  run: number | null;
}

/** @param now Milliseconds since 1970. */
export function timeLeft({ foreseen, pausedAt }: ScreenState, now: number): TimeLeft {
  if (foreseen === null) return { stage: null, run: null };
  const passed = Math.max(0, (pausedAt ?? now) - foreseen.at) / 1000;
  const shown = (expected: Expected | null): number | null =>
    expected === null ? null : Math.max(0, Math.min(expected.most, expected.estimate - passed));
  return { stage: shown(foreseen.stage), run: shown(foreseen.run) };
}

/** Least time between two estimates within a stage, in milliseconds: a long file is read without a thousand of them a second. */
const everyMs = 1000;
/** Least share of the time worked between two lifts, and of a lift: near the end a tenth of what is left is nothing. */
const liftEvery = 0.05;
const leastLift = 0.02;

/** What is foreseen after an event; as before where nothing new is known. @param at Of the event. */
export function foresee(before: ScreenState, state: ScreenState, at: number): Foreseen | null {
  const sameStage = before.current !== null && before.current === state.current;
  const { foreseen } = before;
  if (state.current === null) return state.status === 'running' || state.status === 'paused' ? state.foreseen : null;
  if (sameStage && foreseen !== null && at - foreseen.at < everyMs) return foreseen;
  const estimate = estimated(state, at);
  const shown = timeLeft(before, at);
  const stage = estimate.stage === null ? null : { estimate: estimate.stage, most: estimate.stage };
  if (estimate.run === null) return { at, stage, run: null, liftedAt: at };
  if (shown.run === null || foreseen === null)
    return { at, stage, run: { estimate: estimate.run, most: estimate.run }, liftedAt: at };
  const worked = state.earlierSeconds + Math.max(0, at - (state.startedAt ?? at)) / 1000;
  const isLifted =
    estimate.run > shown.run * 1.1 && at - foreseen.liftedAt >= Math.max(everyMs, worked * 1000 * liftEvery);
  const lifted = isLifted ? Math.max(shown.run * 1.1, shown.run + worked * leastLift) : shown.run;
  // A run is not over before the stage at work is.
  const most = Math.max(lifted, Math.min(stage?.estimate ?? 0, worked * leastLift));
  return {
    at,
    stage,
    run: { estimate: estimate.run, most: Math.min(estimate.run, most) },
    liftedAt: isLifted ? at : foreseen.liftedAt,
  };
}

function estimated(state: ScreenState, at: number): TimeLeft {
  const { current, cycles } = state;
  if (current === null || cycles === 0) return { stage: null, run: null };
  if (state.grid !== null) {
    const foresight = gridForesight(state, state.grid, firstPace(state, at));
    const own = workAt(state);
    const stage = currentLeft(state, at, own === undefined ? null : foresight(own));
    return { stage, run: gridLeft(state, state.grid, stage, foresight) };
  }
  const foresight = foresightOf(state, at);
  const stage = currentLeft(state, at, foresight(current.cycle, current.stage));
  let run = stage;
  for (let cycle = current.cycle; cycle <= cycles && run !== null; cycle++) {
    const planned = plannedStages(state, cycle);
    const from = cycle === current.cycle ? planned.indexOf(current.stage) + 1 : 0;
    for (const name of planned.slice(from)) {
      const seconds = foresight(cycle, name);
      run = seconds === null ? null : run + seconds;
      if (run === null) break;
    }
  }
  return { stage, run };
}

type Foresight = (cycle: number, stage: StageName) => number | null;

/** Seconds of whole stages: as the same stage took, in proportion to its work; else by the rates of what was done. */
function foresightOf(state: ScreenState, at: number): Foresight {
  const work = new Map(state.work.map((item) => [stageKey(item.cycle, item.stage), item]));
  const of = (cycle: number, stage: StageName): StageWork | null => {
    const found = work.get(stageKey(cycle, stage));
    return found === undefined ? null : grown(found, state);
  };
  const finished = state.work.flatMap(({ cycle, stage }) => {
    const { status, seconds, waited } = stageOf(state, cycle, stage);
    const done = of(cycle, stage);
    return status === 'done' && seconds !== null && done !== null
      ? [{ work: done, seconds: Math.max(0, seconds - waited) }]
      : [];
  });
  // The first test of the base may take an hour: its own pace is the first that is known of this machine.
  const rates = ratesOf(finished) ?? ratesOf(firstPace(state, at));
  return (cycle, stage) => {
    const own = of(cycle, stage);
    const before = doneBefore(state, cycle, stage);
    if (before === null) return own === null || rates === null ? null : workSeconds(own, rates);
    const then = of(before.cycle, stage);
    return own === null || then === null || rates === null
      ? before.seconds
      : before.seconds * proportion(own, then, rates);
  };
}

function firstPace(state: ScreenState, at: number): FinishedWork[] {
  const work = workAt(state);
  const left = ownPace(state, at);
  if (work === undefined || left === null || left.share < leastShare) return [];
  return [{ work, seconds: left.worked + left.seconds }];
}

/** Of the stage at work. */
const workAt = ({ current, grid, work }: ScreenState): StageWork | undefined =>
  work.find(
    ({ arm = null, cycle, stage }) =>
      cycle === current?.cycle && stage === current.stage && arm === (grid === null ? null : grid.atWork),
  );

/** The newest cycle that did a stage: the first reward model is trained longer than later ones, but reported on in the same way. */
function doneBefore(state: ScreenState, cycle: number, stage: StageName): { cycle: number; seconds: number } | null {
  const first = stage === 'reward-report' || state.work.length > 0 ? 0 : 1;
  for (let earlier = cycle - 1; earlier >= first; earlier--) {
    const { status, seconds } = stageOf(state, earlier, stage);
    if (status === 'done' && seconds !== null) return { cycle: earlier, seconds };
  }
  return null;
}

/** SFT of a cycle learns from all that was accepted by then: as much as there is, and as the newest cycle adds. */
function grown(work: StageWork, { rows }: ScreenState): StageWork {
  if (work.dataset === undefined || work.dataset === 0) return work;
  const known = rows.findLast(({ cycle, datasetSize }) => cycle <= work.cycle && datasetSize !== null);
  if (known === undefined || known.datasetSize === null) return work;
  const size = known.datasetSize + (work.cycle - known.cycle) * (known.accepted ?? 0);
  return { ...work, learn: (work.learn * size) / work.dataset };
}

/** The stage at work: at first as foreseen, then more and more by its own pace. @param whole Seconds, as foreseen. */
function currentLeft(state: ScreenState, at: number, whole: number | null): number | null {
  const worked = workedSeconds(state, at);
  const planned = whole === null ? null : Math.max(whole - worked, whole / 50);
  const own = ownPace(state, at);
  if (own === null) return planned;
  if (planned === null) return own.share >= leastShare && worked >= leastSeconds ? own.seconds : null;
  const weight = Math.min(1, 3 * own.share);
  return weight * own.seconds + (1 - weight) * planned;
}

/** What its progress says of the stage at work; null before it has said two things. */
function ownPace(state: ScreenState, at: number): { share: number; worked: number; seconds: number } | null {
  const { current, pace } = state;
  if (current === null || pace === null || pace.first === null) return null;
  const since = pace.done - pace.first.done;
  if (since <= 0 || pace.at <= pace.first.at) return null;
  const units = workAt(state)?.units ?? 0;
  const total = Math.max(pace.total, pace.steps ? 0 : units);
  // From the newest word on, the clock runs.
  const seconds = Math.max(0, ((total - pace.done) * (pace.at - pace.first.at)) / since - (at - pace.at)) / 1000;
  return { share: pace.done / total, worked: workedSeconds(state, at), seconds };
}

function workedSeconds(state: ScreenState, at: number): number {
  const { current } = state;
  if (current === null) return 0;
  const { startedAt, waited } = stageOf(state, current.cycle, current.stage);
  return startedAt === null ? 0 : Math.max(0, (at - startedAt) / 1000 - waited);
}

/** Without anything foreseen, a stage is judged by its own pace from this share, and this many seconds, on. */
const leastShare = 0.05;
const leastSeconds = 3;
