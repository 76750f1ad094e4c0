/** Which moment a fault waits for: it comes once in the run that begins at the snapshot before it. */
import { describe, expect, test } from 'vitest';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { chooseMoment, secondsFrom, snapshotBefore, waitsFor } from './acts/moments.js';
import type { Reference, Snapshot } from './reference.js';

const stages = ['grade', 'sft', 'grpo'] as const;
const time = (second: number): string => new Date(second * 1000).toISOString();

/** Two cycles of three stages, each with a job of two checkpoints; an event a second. */
function events(): TimedEvent[] {
  const list: TimedEvent[] = [];
  const add = (event: object): number => list.push({ time: time(list.length), ...event } as TimedEvent);
  add({ type: 'run-start', runDir: '/run', seed: 0, cycles: 2, resumed: false });
  for (const cycle of [1, 2])
    for (const stage of stages) {
      add({ type: 'stage-start', cycle, stage, resumed: false });
      const job = { type: 'job', cycle, stage, job: 'j' };
      add({
        ...job,
        event: { type: 'job-start', kind: stage, pid: 1, device: 'cpu', parameters: 1, resumedFrom: null },
      });
      for (const step of [1, 2]) add({ ...job, event: { type: 'checkpoint', step, path: `checkpoint-${step}` } });
      add({ ...job, event: { type: 'progress', done: 1, total: 2 } });
      add({ ...job, event: { type: 'progress', done: 2, total: 2 } });
      add({ type: 'stage-end', cycle, stage, seconds: 1, metrics: {} });
    }
  add({ type: 'run-end', status: 'complete', seconds: 1, error: null });
  return list;
}

const reference: Reference = {
  dir: '/finished',
  madeAt: '/made-at',
  events: events(),
  snapshots: [1, 2].flatMap((cycle) =>
    stages.flatMap((stage, index): Snapshot[] => [
      { name: `0${index}-cycle-${cycle}-${stage}-checkpoint-1`, whole: false },
      { name: `0${index}-cycle-${cycle}-${stage}`, whole: true },
    ]),
  ),
  snapshotDir: ({ name }) => name,
  seconds: 60,
  finishedSeconds: 2,
};

describe('a moment', () => {
  const draws = Array.from({ length: 50 }, (_, index) => index / 50);
  test.each([
    ['checkpoint', 12],
    ['job', 6],
    ['random', 36],
  ] as const)('%s comes once behind its snapshot', (moment, count) => {
    const chosen = draws.map((draw) => chooseMoment(reference, moment, draw));
    for (const one of chosen) {
      const hasCome = waitsFor(one);
      // The run of the trial: what comes behind the snapshot's own end.
      const [, cycle, stage] = /cycle-(\d)-(\w+)$/.exec(one.snapshot?.name ?? '') ?? [];
      const from = reference.events.findIndex(
        (event) => event.type === 'stage-end' && event.cycle === Number(cycle) && event.stage === stage,
      );
      const met = reference.events.slice(from + 1).filter(hasCome);
      expect(met).toEqual([one.event]);
    }
    expect(new Set(chosen.map(({ event }) => event.time)).size, 'all such moments are drawn').toBe(count);
  });

  test('before the first stage has no snapshot', () => {
    expect(chooseMoment(reference, 'random', 0).snapshot).toBeNull();
  });
});

test('what a trial takes beyond the undisturbed run counts from its snapshot', () => {
  const late = snapshotBefore(reference, 2, 'grpo');
  expect(late?.name).toBe('01-cycle-2-sft');
  // Seven events of the last stage and the end, two until the first job, and half of the time to start.
  expect(secondsFrom(reference, late)).toBe(8 + 2 + 1);
  expect(secondsFrom(reference, 'finished')).toBe(2);
  expect(secondsFrom(reference, null)).toBe(60);
});
