/** Events -> state: the figures a person reads are those of the events, also after a kill and a resume. */
import { describe, expect, test } from 'vitest';
import { lineTeller } from '../../src/tui/event-lines.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { requestRate } from '../../src/tui/state/reduce-generation.js';
import { addPoint, emptySeries, lastValue, type Series } from '../../src/tui/state/series.js';
import { initialState, stageOf, type ScreenState } from '../../src/tui/state/screen-state.js';
import { timeLeft } from '../../src/tui/state/time-left.js';
import { runEventSchema, type TimedEvent } from '../../src/loop/run-events.js';
import { recordedRun, recorder, untilWithin } from './fixtures/recorded-run.js';

function stateOf(events: readonly TimedEvent[]): ScreenState {
  const tell = lineTeller();
  return events.reduce((state, event) => reduce(state, event, tell(event)), initialState);
}

test('the recording is what a run may tell', () => {
  for (const { time, ...event } of recordedRun()) {
    expect(Date.parse(time)).toBeGreaterThan(0);
    expect(runEventSchema.safeParse(event).error?.message).toBeUndefined();
  }
});

describe('a whole run', () => {
  const state = stateOf(recordedRun());

  test('ends with its status, its table and its log', () => {
    expect(state).toMatchObject({ status: 'complete', cycles: 2, current: null, earlierSeconds: 1000 });
    expect(
      state.rows.map(({ cycle, datasetSize, spearman, tau, sft, grpo }) => [
        cycle,
        datasetSize,
        spearman,
        tau,
        sft,
        grpo,
      ]),
    ).toEqual([
      [0, null, null, null, null, null],

      // The model that scored in a cycle was reported on before it.
      [1, 130, 0.71, 3.2, 0.58, 0.62],
      [2, 260, 0.75, 3.2, 0.6, 0.64],
    ]);
    expect(state.log.at(-1)).toContain('complete');
  });

  test('keeps the curves of the newest trainers', () => {
    expect(state.grpo).toMatchObject({ cycle: 2, step: 50, totalSteps: 50 });
    expect(state.grpo?.reward.points).toHaveLength(10);
    expect(lastValue(state.grpo?.reward ?? emptySeries)).toBeCloseTo(0.8);
    expect(state.rewardModel).toMatchObject({ cycle: 1, stage: 'reward-model', totalSteps: 50 });
    expect(state.sft?.tokensPerSecond).toBeCloseTo(2400);
  });
});

test('a stage at work tells how far it is', () => {
  const state = stateOf(untilWithin(1, 'sft'));
  expect(state.current).toEqual({ cycle: 1, stage: 'sft' });
  expect(state.progress).toEqual({ done: 100, total: 100 });
  expect(stageOf(state, 1, 'filter').status).toBe('done');
  expect(stageOf(state, 1, 'grpo').status).toBe('waiting');
});

test('half an hour of steps leaves a state that is as small as after some minutes', () => {
  const step = recordedRun().find(
    (event) => event.type === 'job' && event.event.type === 'train-step' && event.event.grpo !== null,
  );
  if (step?.type !== 'job' || step.event.type !== 'train-step') throw new Error('the recording has no GRPO step');
  const { event } = step;
  const stateAfter = (steps: number): ScreenState =>
    stateOf(
      Array.from({ length: steps }, (_, index) => ({
        ...step,
        time: new Date(index * 100).toISOString(),
        event: { ...event, step: index, totalSteps: steps },
      })),
    );
  const size = (steps: number): number => JSON.stringify(stateAfter(steps)).length;
  expect(size(18_000)).toBeLessThan(2 * size(2_000));
});

test('data that is drawn or read shows as the stage at work, until it is open', () => {
  const { events, add, stage } = recorder();
  add(0, { type: 'run-start', runDir: 'r', seed: 0, cycles: 1, resumed: true });
  add(1, { type: 'stage-progress', cycle: 0, stage: 'prepare-data', done: 8, total: 900, detail: {} });
  const drawing = stateOf(events);
  expect(drawing).toMatchObject({
    current: { cycle: 0, stage: 'prepare-data' },
    progress: { done: 8, total: 900 },
    generating: null,
  });
  add(9, { type: 'notice', message: 'Phantoms.' });
  expect(stateOf(events)).toMatchObject({ notice: 'Phantoms.', current: null, progress: null });
  add(0, { type: 'stage-skip', cycle: 0, stage: 'prepare-data' });
  expect(stageOf(stateOf(events), 0, 'prepare-data').status).toBe('skipped');
  stage(0, 'evaluate-base', 6, { accuracy: 0.5 });
  expect(stateOf(events).rows).toHaveLength(1);
});

test('generation: rate over the last half minute, reasons and the newest sample', () => {
  const { generating } = stateOf(untilWithin(1, 'generate'));
  expect(generating).toMatchObject({ done: 700, total: 700, dropped: { 'not-json': 21 }, newest: { answer: 'large' } });
  expect(generating === null ? null : requestRate(generating)).toBeCloseTo(699 / 3);
  expect(requestRate({ recent: [[0, 5]] })).toBeNull();
});

test('an attempt that was killed counts with what it is known to have worked, and what it finished stays', () => {
  const { events, add, stage } = recorder();
  const begin = { type: 'run-start', runDir: 'r', seed: 0, cycles: 1, notice: '' } as const;
  add(0, { ...begin, resumed: false });
  stage(0, 'prepare-data', 2, { seed: 1 });
  add(8, { type: 'warning', message: 'the last that was heard' });
  add(500, { ...begin, resumed: true });
  add(0, { type: 'stage-skip', cycle: 0, stage: 'prepare-data' });
  const state = stateOf(events);
  expect(state.earlierSeconds).toBe(10);
  expect(stageOf(state, 0, 'prepare-data')).toMatchObject({ status: 'done', seconds: 2, metrics: { seed: 1 } });
  expect(state.status).toBe('running');
});

test('a pause shows until the run goes on', () => {
  const { events, add } = recorder();
  add(0, { type: 'pause', cycle: 1, stage: 'sft', paused: true });
  expect(stateOf(events).status).toBe('paused');
  add(3, { type: 'pause', cycle: 1, stage: 'sft', paused: false });
  expect(stateOf(events).status).toBe('running');
});

describe('time left', () => {
  const at = (events: readonly TimedEvent[]): number => Date.parse(events.at(-1)?.time ?? '');

  test('is unknown while a stage to come has never been seen', () => {
    const events = untilWithin(1, 'sft').slice(0, -10);
    const left = timeLeft(stateOf(events), at(events));
    expect(left.run).toBeNull();
    expect(left.stage).toBeGreaterThan(0);
  });

  test('is the rest of the stage by its own pace, and the others as long as in the cycle before', () => {
    const all = untilWithin(2, 'sft');
    // The first ten of twenty steps.
    const events = all.slice(
      0,
      all.findLastIndex(
        (event) => event.type === 'job' && event.event.type === 'train-step' && event.event.step === 50,
      ) + 1,
    );
    const { stage, run } = timeLeft(stateOf(events), at(events));
    expect(stage).toBeCloseTo(50, 0);
    expect(run).toBeCloseTo((stage ?? 0) + 6 + 60 + 6 + 0.1, 0);
  });

  test('is nothing to say about a run that is over', () => {
    expect(timeLeft(stateOf(recordedRun()), 0)).toEqual({ stage: null, run: null });
  });
});

test('a series of any length stays small, in order, and keeps its mean', () => {
  let series: Series = emptySeries;
  for (let step = 1; step <= 100_000; step++) series = addPoint(series, step, step % 2);
  expect(series.points.length).toBeLessThan(512);
  expect(series.points.map(([step]) => step)).toEqual(series.points.map(([step]) => step).toSorted((a, b) => a - b));
  expect(series.points.every(([, value]) => Math.abs(value - 0.5) < 0.01)).toBe(true);
  expect(addPoint(emptySeries, 1, null)).toBe(emptySeries);
});
