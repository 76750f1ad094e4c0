/** What a person may ask of a run that is going, through a file in its folder; with a fake engine. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { InterruptedError } from '../../src/errors.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { requestOfRun } from '../../src/loop/folder/stop-requests.js';
import { runFiles } from '../../src/loop/folder/run-folder.js';
import { runLoop } from '../../src/loop/run.js';
import { fakeEngine, type FakeOptions } from './fake-engine.js';

vi.setConfig({ testTimeout: 120_000 });

const yaml = `
cycles: 1
data: { source: phantom, seed: 12, test: 10, pool: 8 }
generation: { imagesPerCycle: 2 }
filter: { threshold: 0 }
preferences: { prompts: 6, samples: 2 }
rewardModel: { retrainAfterLast: false }
`;

let runDir = '';
let events: TimedEvent[] = [];
beforeEach(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-requests-')), 'run');
  events = [];
});
afterEach(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const run = (options: FakeOptions, onEvent: (event: TimedEvent) => void = () => {}) =>
  runLoop(parseConfig(yaml, { file: 'test.yaml' }), {
    runDir,
    engine: fakeEngine(options),
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });

const ended = (): string[] => events.flatMap((event) => (event.type === 'stage-end' ? [event.stage] : []));

test('stop-after-stage lets the stage at work end, and the run can be continued', async () => {
  const asked = run({ before: (_, count) => count === 1 && requestOfRun(runDir, 'stop-after-stage') });
  await expect(asked).rejects.toThrow(InterruptedError);
  expect(ended()).toEqual(['prepare-data', 'evaluate-base']);
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  expect(existsSync(join(runDir, runFiles.request))).toBe(false);
  events = [];
  expect((await run({})).status).toBe('complete');
  expect(ended()).not.toContain('evaluate-base');
});

test('pause waits before the next stage, says so, and goes on when it is taken back', async () => {
  const result = await run({ before: (_, count) => count === 1 && requestOfRun(runDir, 'pause') }, (event) => {
    if (event.type !== 'pause' || !event.paused) return;
    expect(ended()).toEqual(['prepare-data', 'evaluate-base']);
    requestOfRun(runDir, null);
  });
  expect(result.status).toBe('complete');
  const pauses = events.flatMap((event) =>
    event.type === 'pause' ? [{ stage: event.stage, paused: event.paused }] : [],
  );
  expect(pauses).toEqual([
    { stage: 'grade', paused: true },
    { stage: 'grade', paused: false },
  ]);
});

test('stop ends a pause too; what was asked of an earlier run is forgotten', async () => {
  const stopped = run({ before: (_, count) => count === 1 && requestOfRun(runDir, 'pause') }, (event) => {
    if (event.type === 'pause' && event.paused) requestOfRun(runDir, 'stop');
  });
  await expect(stopped).rejects.toThrow(InterruptedError);
  requestOfRun(runDir, 'stop');
  expect((await run({})).status).toBe('complete');
});

test('stages tell the tables that screens draw', async () => {
  await run({});
  const details = events.flatMap((event) => (event.type === 'stage-end' && event.detail ? [event.detail] : []));
  expect(new Set(details.map((detail) => detail.kind))).toEqual(
    new Set(['generation', 'grading', 'reward-model', 'scores', 'evaluation']),
  );
  const scores = details.find((detail) => detail.kind === 'scores');
  const candidates = events.find((event) => event.type === 'stage-end' && event.stage === 'filter');
  expect(scores?.counts.reduce((sum, count) => sum + count, 0)).toBe(
    candidates?.type === 'stage-end' ? candidates.metrics['candidates'] : null,
  );
  const progress = events.findLast((event) => event.type === 'stage-progress');
  expect(progress?.type === 'stage-progress' ? progress.newest : null).toMatchObject({
    image: expect.stringMatching(/^images\//),
    question: expect.any(String),
  });
  expect(readFileSync(join(runDir, runFiles.events), 'utf8').trim().split('\n')).toHaveLength(events.length);
});
