/** The time left of recorded runs, second by second: near the truth from a quarter on, and falling. */
import { describe, expect, test } from 'vitest';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { initialState, type ScreenState } from '../../src/tui/state/screen-state.js';
import { timeLeft } from '../../src/tui/state/time-left.js';
import { recordedComparisonTimes, recordedTimes } from './fixtures/recorded-times.js';

interface Look {
  /** Seconds from the start, and the share of the run that is over. */
  at: number;
  share: number;
  /** Seconds that were said to be left, and that were. */
  shown: number | null;
  truth: number;
}

/** What a screen showed at each second of the recording. */
function looksAt(events: readonly TimedEvent[], pace: number, seeds: readonly number[] = []): Look[] {
  const times = events.map(({ time }) => Date.parse(time));
  const [first = 0, end = 0] = [times[0], times.at(-1)];
  const looks: Look[] = [];
  let state: ScreenState = { ...initialState, seeds };
  let next = 0;
  for (let now = first; now < end; now += 1000 * pace) {
    for (; (times[next] ?? Number.POSITIVE_INFINITY) <= now; next++) state = reduce(state, events[next] as TimedEvent);
    const [at, truth] = [(now - first) / 1000, (end - now) / 1000];
    looks.push({ at, share: (now - first) / (end - first), shown: timeLeft(state, now).run, truth });
  }
  return looks;
}

describe.each([
  ['one cycle', 1],
  ['three cycles, the data set growing', 3],
])('a run of %s', (_, cycles) => {
  // On a machine three times as slow the same holds.
  test.each([1, 3])('at %d times its time', (pace) => {
    const events = recordedTimes('times-of-one-cycle.jsonl', { pace, cycles, set: [`cycles=${cycles}`] });
    expect(faultsOf(looksAt(events, pace))).toEqual([]);
  });
});

describe.each([
  ['four rates of SFT and three of GRPO', 'times-of-arms.jsonl'],
  ['what all share, and sizes of the data', 'times-of-sizes.jsonl'],
])('a recipe of %s', (_, file) => {
  test.each([
    [1, []],
    [3, []],
    [1, [4, 7]],
  ] as const)('at %d times its time, of seeds %j', (pace, seeds) => {
    const events = recordedComparisonTimes(file, { pace, ...(seeds.length === 0 ? {} : { seeds }) });
    expect(faultsOf(looksAt(events, pace, seeds))).toEqual([]);
  });
});

/** What is wrong with what was shown: lost, raised by more than a tenth, far from the truth from a quarter on, or rising too often. */
function faultsOf(looks: readonly Look[]): string[] {
  const faults: string[] = [];
  const known = looks.findIndex(({ shown }) => shown !== null);
  if (known === -1 || known / looks.length >= 0.15) faults.push(`first estimate at ${known} of ${looks.length}`);
  for (const [index, { at, share, shown, truth }] of looks.entries()) {
    const before = looks[index - 1]?.shown ?? null;
    const little = (truth + at) / 50;
    if (before !== null && shown === null) faults.push(`lost at ${at} s`);
    if (before !== null && shown !== null && shown > Math.max(before * 1.1, before + little) + 1e-6)
      faults.push(`${before} s rise to ${shown} s at ${at} s`);
    const error = Math.abs((shown ?? Number.POSITIVE_INFINITY) - truth);
    if (share >= 0.25 && error >= Math.max(0.2 * truth, little))
      faults.push(`${shown} s left at ${at} s, where ${truth} s were`);
  }
  const rises = looks.filter(({ shown }, i) => shown !== null && shown > (looks[i - 1]?.shown ?? shown)).length;
  if (rises / looks.length >= 0.05) faults.push(`it rose in ${rises} of ${looks.length} seconds`);
  return faults;
}

test('a run is not over before the stage at work is', () => {
  const events = recordedTimes('times-of-one-cycle.jsonl', { set: ['cycles=1'] });
  const start = events.findIndex((event) => event.type === 'stage-start' && event.stage === 'evaluate-grpo');
  const state = events.slice(0, start + 1).reduce((before, event) => reduce(before, event), initialState);
  const at = Date.parse(events[start]?.time ?? '');
  const foreseen = { at, stage: null, run: { estimate: 0, most: 0 }, liftedAt: at };
  const next: TimedEvent = {
    type: 'job',
    cycle: 1,
    stage: 'evaluate-grpo',
    job: 'a',
    event: { type: 'progress', done: 1, total: 480 },
    time: new Date(at + 2000).toISOString(),
  };
  expect(timeLeft(reduce({ ...state, foreseen }, next), at + 2000).run).toBeGreaterThan(0);
});

test('what a person pauses is no work, and the time left stands meanwhile', () => {
  const [first, ...rest] = recordedTimes('times-of-one-cycle.jsonl', { set: ['cycles=1'] });
  const index = rest.findIndex((event) => event.type === 'stage-start' && event.cycle === 1 && event.stage === 'sft');
  const at = Date.parse(rest[index]?.time ?? '');
  const pause = (paused: boolean, seconds: number): TimedEvent => ({
    type: 'pause',
    cycle: 1,
    stage: 'sft',
    paused,
    time: new Date(at + seconds * 1000).toISOString(),
  });
  const before = [first as TimedEvent, ...rest.slice(0, index), pause(true, 0)].reduce(
    (state, event) => reduce(state, event),
    initialState,
  );
  const left = timeLeft(before, at).run;
  expect(left).toBeGreaterThan(30);
  expect(timeLeft(before, at + 3_600_000).run).toBe(left);
  const on = reduce(before, pause(false, 3600));
  expect(on).toMatchObject({ status: 'running', pausedAt: null, pausedSeconds: 3600 });
  const ended = reduce(on, {
    type: 'run-end',
    status: 'interrupted',
    seconds: 3700,
    error: null,
    time: new Date(at + 3_600_000).toISOString(),
  });
  expect(ended.earlierSeconds).toBe(100);
});
