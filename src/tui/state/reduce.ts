/** Events -> screen state. Pure: the time comes with the events, so a replay shows what a live run showed. */
import { modelName } from '../../loop/guards/alarm.js';
import type { StageMetrics, StageName, TimedEvent } from '../../loop/run-events.js';
import { addToRows, withScorer } from './cycle-rows.js';
import { isOver, reduceGrid } from './arms.js';
import { answeredOnOneLine, sampleOnOneLine } from './one-line.js';
import { reduceGeneration } from './reduce-generation.js';
import { addProgress } from './pace.js';
import { reduceJob, startTraining } from './reduce-job.js';
import { foresee } from './time-left.js';
import { initialState, stageOf, type ScreenState, type StageState } from './screen-state.js';
import { stageKey } from './stage-key.js';

/** Lines kept for the log; more than any terminal shows. */
const keptLines = 200;
/** Alarms kept; the screen shows the newest. */
const keptAlarms = 50;
const keptComparisons = 200;

/** @param line What the log says about the event, or null. */
export function reduce(state: ScreenState, event: TimedEvent, line: string | null = null): ScreenState {
  const at = Date.parse(event.time);
  const changed = apply(state, event, at);
  const applied = { ...changed, grid: reduceGrid(state.grid, event, changed.seed ?? 0), lastEventAt: at };
  const next = { ...applied, foreseen: foresee(state, applied, at) };
  if (line === null) return next;
  return { ...next, log: [...next.log, ...line.split('\n')].slice(-keptLines) };
}

function apply(state: ScreenState, event: TimedEvent, at: number): ScreenState {
  switch (event.type) {
    case 'run-start':
      return startRun(state, event, at);
    case 'stage-start':
      return startStage(state, event.cycle, event.stage, at);
    case 'notice':
      // The data is open: what was told of it on the way is over.
      return { ...state, notice: event.message, current: null, progress: null };
    case 'stage-skip': {
      const known = stageOf(state, event.cycle, event.stage);
      const idle = { ...state, current: null, progress: null };
      return known.status === 'done' ? idle : withStage(idle, event.cycle, event.stage, { status: 'skipped' });
    }
    case 'stage-progress': {
      // The data is opened before its stage starts, since what is in it decides whether the stage is skipped.
      const begun = state.current === null ? startStage(state, event.cycle, event.stage, at) : state;
      const { done, total } = event;
      return {
        ...begun,
        progress: { done, total },
        pace: addProgress(begun.pace, { done, total, steps: false }, at),
        generating: reduceGeneration(begun.generating, event, at),
      };
    }
    case 'job':
      return reduceJob(state, event, at);
    case 'stage-end':
      return endStage(state, event);
    case 'pause':
      return { ...pausedOrOn(state, event.paused, at), place: { cycle: event.cycle, stage: event.stage } };
    case 'asked':
      return { ...state, asked: sampleOnOneLine(event.sample) };
    case 'scored': {
      const { score } = event;
      const sample = sampleOnOneLine(event.sample);
      return {
        ...state,
        asked: sample,
        scoring: state.scoring === null ? null : { ...state.scoring, newest: { sample, score } },
      };
    }
    case 'answers': {
      const answered = event.items.map(answeredOnOneLine);
      // The image that a person asks for is that of the first.
      return { ...state, answered, asked: answered[0]?.sample ?? null };
    }
    case 'arms':
      // The grid takes them.
      return state;
    case 'work':
      return { ...state, work: event.stages };
    case 'warning':
      return state;
    case 'alarm':
      return withAlarm(state, event.cycle, event.guard, event.message);
    case 'promotion': {
      const { cycle, what, promoted, refused } = event;
      const decided = what === 'policy' ? { ...state, promoted: { cycle, name: promoted } } : state;
      if (refused.length === 0) return decided;
      const rows = what === 'reward-model' ? withScorer(state.rows, event, state.stages) : state.rows;
      return withAlarm(
        { ...decided, rows },
        cycle,
        'promotion',
        `${refused.map(modelName).join(' and ')} not let through`,
      );
    }
    case 'comparison': {
      if (event.arm !== undefined) return state;
      const { type: _, time: __, cycle: ___, ...comparison } = event;
      const others = state.comparisons.filter(
        ({ first, second }) => first !== comparison.first || second !== comparison.second,
      );
      return { ...state, comparisons: [...others, comparison].slice(-keptComparisons) };
    }
    case 'run-end': {
      const { status, error, seconds } = event;
      const { pausedSeconds, earlierSeconds } = pausedOrOn(state, false, at);
      const worked = earlierSeconds + Math.max(0, seconds - pausedSeconds);
      return {
        ...state,
        status: moreSeeds(state, status) ? 'running' : status,
        error,
        ...idleAttempt,
        // Another seed follows at once: what is left stays, and its start is no new attempt.
        ...(moreSeeds(state, status) ? { startedAt: null, foreseen: state.foreseen } : {}),
        earlierSeconds: worked,
      };
    }
  }
}

/** Between two stages; what is paused is no work. */
function pausedOrOn(state: ScreenState, paused: boolean, at: number): ScreenState {
  const idle = { ...state, current: null, progress: null, pace: null };
  if (paused) return { ...idle, status: 'paused', pausedAt: state.pausedAt ?? at };
  const seconds = state.pausedAt === null ? 0 : (at - state.pausedAt) / 1000;
  // What was foreseen is of before the pause, and the clock has stood since.
  const foreseen = state.foreseen === null ? null : { ...state.foreseen, at: state.foreseen.at + seconds * 1000 };
  return { ...idle, status: 'running', foreseen, pausedAt: null, pausedSeconds: state.pausedSeconds + seconds };
}

/** Whether a seed ended and the next one follows it. */
const moreSeeds = ({ seeds, seed, grid }: ScreenState, status: ScreenState['status']): boolean =>
  status === 'complete' && grid !== null && seeds.some((other) => other !== seed && !isOver(grid, other));

/** A folder may hold several attempts: what earlier ones finished stays, and their time counts. */
function startRun(state: ScreenState, event: Extract<TimedEvent, { type: 'run-start' }>, at: number): ScreenState {
  const { runDir, seed, cycles, notice, plan } = event;
  // An attempt that was killed told no end.
  const killed = state.startedAt !== null && (state.status === 'running' || state.status === 'paused');
  const until = state.pausedAt ?? state.lastEventAt ?? 0;
  const lost = killed ? (until - (state.startedAt ?? 0)) / 1000 - state.pausedSeconds : 0;
  return {
    ...initialState,
    ...state,
    runDir,
    seed,
    seeds: state.seeds.length === 0 || state.seeds.includes(seed) ? state.seeds : [...state.seeds, seed],
    cycles,
    notice: notice ?? '',
    plan: plan ?? { ...initialState.plan },
    status: 'running',
    error: null,
    startedAt: at,
    earlierSeconds: state.earlierSeconds + lost,
    ...idleAttempt,
    foreseen: state.startedAt === null ? state.foreseen : null,
    job: null,
  };
}

const idleAttempt = {
  isWarm: false,
  current: null,
  progress: null,
  pace: null,
  pausedAt: null,
  pausedSeconds: 0,
  foreseen: null,
};

/** Each attempt tells what it comes by again. */
function withAlarm(state: ScreenState, cycle: number, guard: string, message: string): ScreenState {
  const others = state.alarms.filter(
    (alarm) => alarm.cycle !== cycle || alarm.guard !== guard || alarm.message !== message,
  );
  return { ...state, alarms: [...others, { cycle, guard, message }].slice(-keptAlarms) };
}

function startStage(state: ScreenState, cycle: number, stage: StageName, at: number): ScreenState {
  const started = withStage(state, cycle, stage, { status: 'running', startedAt: at, seconds: null, waited: 0 });
  return {
    ...startTraining(started, cycle, stage),
    status: 'running',
    current: { cycle, stage },
    place: { cycle, stage },
    progress: null,
    pace: null,
    job: null,
    generating: stage === 'generate' ? null : state.generating,
    asked: null,
    // The filter cuts what was scored just before.
    scoring: stage === 'verify' || stage === 'filter' ? state.scoring : null,
  };
}

function endStage(state: ScreenState, event: Extract<TimedEvent, { type: 'stage-end' }>): ScreenState {
  const { cycle, stage, seconds, metrics, detail } = event;
  const ended = withStage(state, cycle, stage, { status: 'done', seconds, metrics, detail: detail ?? null });
  return {
    ...ended,
    current: null,
    progress: null,
    rows: addToRows(state.rows, { cycle, stage, seconds, metrics: metrics satisfies StageMetrics }),
  };
}

function withStage(state: ScreenState, cycle: number, stage: StageName, change: Partial<StageState>): ScreenState {
  const key = stageKey(cycle, stage);
  return { ...state, stages: { ...state.stages, [key]: { ...stageOf(state, cycle, stage), ...change } } };
}
