/** What an alarm does: the run goes on and says so, stops before more is spent, or goes back; the same when it is continued. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { summaryOf } from '../../../src/cli/print/summary-text.js';
import { RunError } from '../../../src/errors.js';
import { emptyLog, type Alarm } from '../../../src/loop/guards/alarm.js';
import { watchRewardModel } from '../../../src/loop/guards/watch-cycle.js';
import type { RunContext } from '../../../src/loop/run-context.js';
import { runResultSchema } from '../../../src/loop/result/run-result.js';
import { writeReport } from '../../../src/report/write-report.js';
import { fakeEngine } from '../fake-engine.js';
import { attempt, configOf, contentOf, Scratch, stagesOf, type Attempt } from '../folder/support.js';

vi.setConfig({ testTimeout: 180_000 });

// The fake engine's scores say nothing of a text's grade: its reward model is of no use.
const alarmsOf = ({ events }: Attempt) => events.flatMap((event) => (event.type === 'alarm' ? [event] : []));

test('warn: told as it happens, in result.json, in the last lines, in the report, and again by nobody', async () => {
  using scratch = new Scratch();
  const first = await attempt(scratch.at('run'), configOf('cycles=1'));
  const [alarm] = alarmsOf(first);
  expect(alarm).toMatchObject({ guard: 'uselessRewardModel', cycle: 0, stage: 'reward-report', action: 'warn' });
  // Before the first request is sent.
  const at = (type: string, stage: string) =>
    first.events.findIndex((event) => event.type === type && 'stage' in event && event.stage === stage);
  expect(at('alarm', 'reward-report')).toBeLessThan(at('stage-start', 'generate'));
  const { result } = first;
  if (result === undefined) throw first.error;
  expect(result.alarms[0]).toMatchObject({ guard: 'uselessRewardModel', cycle: 0 });
  expect(summaryOf(result, 'runs/x')).toMatch(
    /^warning: before the first cycle: the reward model does not order .*\[uselessRewardModel\]$/m,
  );
  const { file } = await writeReport([scratch.at('run')], { images: false });
  expect(readFileSync(file, 'utf8')).toMatch(/Guards and significance/);
  expect(readFileSync(file, 'utf8')).toMatch(/uselessRewardModel/);
  // A finished run that is given again finds the same, once.
  const again = await attempt(scratch.at('run'), configOf('cycles=1'));
  expect(again.result?.alarms).toEqual(result.alarms);
});

test('stop: nothing is generated, the error says what to do, and that does it', async () => {
  using scratch = new Scratch();
  const stopping = configOf('guards.onAlarm=stop');
  const stopped = await attempt(scratch.at('run'), stopping);
  expect(stopped.error).toBeInstanceOf(RunError);
  expect(stopped.error).toMatchObject({ code: 'guard-stopped', exitCode: 1 });
  expect(stagesOf(stopped, 'stage-start').filter((stage) => stage.endsWith('/generate'))).toEqual([]);
  expect(stopped.engine.calls.filter(({ spec }) => spec.kind === 'sft')).toEqual([]);
  const result = runResultSchema.parse(JSON.parse(readFileSync(scratch.at('run/result.json'), 'utf8')));
  expect(result).toMatchObject({ status: 'failed', alarms: [{ guard: 'uselessRewardModel', action: 'stop' }] });
  const [, setting = ''] = /--set (guards\.\S+=warn)/.exec((stopped.error as RunError).remedy ?? '') ?? [];
  const on = await attempt(scratch.at('run'), configOf('guards.onAlarm=stop', setting, 'guards.acceptance=warn'));
  expect(on.error).toBeUndefined();
  expect(stagesOf(on, 'stage-skip')).toContain('0/reward-model');
});

test('stop: where several guards stop it at one place, what the error says lets all of them pass', async () => {
  using scratch = new Scratch();
  const alike = [
    'guards.onAlarm=stop',
    'guards.uselessRewardModel=false',
    'generation.imagesPerCycle=8',
    'generation.provider=local',
    'generation.local={ model: phantom }',
    'filter.threshold=-7',
    'cycles=1',
  ];
  const stopped = await attempt(scratch.at('run'), configOf(...alike));
  expect(stopped.error).toMatchObject({
    code: 'guard-stopped',
    message: expect.stringMatching(/option A.*; one question/) as string,
  });
  const settings = [...((stopped.error as RunError).remedy ?? '').matchAll(/--set (guards\.\w+=warn)/g)].map(
    ([, set = '']) => set,
  );
  expect(settings).toEqual(['guards.answerBias=warn', 'guards.template=warn', 'guards.duplicates=warn']);
  const on = await attempt(scratch.at('run'), configOf(...alike, ...settings));
  expect(on.error).toBeUndefined();
});

test('what is said of a reward model that was not let through ends and undoes nothing', () => {
  const useless = {
    spearman: 0,
    pairwiseAccuracy: 0.5,
    intervals: null,
    reached: true,
    precision: 1,
    accepted: 9,
    probes: null,
  };
  const told: Alarm[] = [];
  const run = (action: string) =>
    ({
      config: configOf(`guards.onAlarm=${action}`),
      guardLog: emptyLog(),
      arm: null,
      runDir: 'run',
      emit: (event: Alarm) => told.push(event),
    }) as unknown as RunContext;
  const report = (refused: string[]) =>
    ({ ...useless, promotion: { cycle: 1, what: 'reward-model', promoted: 'x', refused, reasons: [] } }) as never;
  expect(() => watchRewardModel(run('stop'), 1, report([]))).toThrow(/does not order/);
  expect(watchRewardModel(run('rollback'), 1, report([]))).toBe(true);
  expect(watchRewardModel(run('stop'), 1, report(['reward-model-1']))).toBe(false);
  expect(watchRewardModel(run('rollback'), 1, report(['reward-model-1']))).toBe(false);
  expect(told.at(-1)).toMatchObject({
    action: 'warn',
    message: expect.stringMatching(/it was not let through/) as string,
  });
});

test('off: a guard that is switched off says nothing, and the others go on', async () => {
  using scratch = new Scratch();
  const quiet = await attempt(scratch.at('run'), configOf('guards.uselessRewardModel=false', 'cycles=1'));
  expect(alarmsOf(quiet).map(({ guard }) => guard)).not.toContain('uselessRewardModel');
  // What a result always said of such a reward model it says still.
  expect(quiet.result?.warnings.join('\n')).toMatch(/cycle 1: the reward model does not order/);
});

test('rollback: the next cycle starts from what stood before, D_gen is as it was, and a kill changes nothing of it', async () => {
  using scratch = new Scratch();
  // Every one of its questions is the same: the fake teacher of a local generator.
  const local = configOf(
    'guards.uselessRewardModel=false',
    'guards.template=rollback',
    'generation.imagesPerCycle=8',
    'generation.provider=local',
    'generation.local={ model: phantom }',
    'dataset.includeSeed=true',
  );
  const engine = fakeEngine({ contentOnly: true });
  const { result, error } = await attempt(scratch.at('run'), local, {}, engine);
  expect(error).toBeUndefined();
  expect(result?.alarms.map(({ guard, cycle, action }) => [guard, cycle, action])).toEqual(
    expect.arrayContaining([
      ['template', 1, 'rollback'],
      ['template', 2, 'rollback'],
    ]),
  );
  expect(result?.cycles.map(({ rolledBack, promotedPolicy }) => [rolledBack, promotedPolicy])).toEqual([
    [true, 'base'],
    [true, 'base'],
  ]);
  // Nothing of what was rolled back is given out: no D_gen, and the first reward model.
  expect(existsSync(scratch.at('run/dataset/d-gen.parquet'))).toBe(false);
  expect(result?.paths?.rewardModel).toBe('cycle-0/reward-model/model');
  const retrained = engine.calls.filter(({ spec }) => spec.kind === 'reward-model').map(({ spec }) => spec.model.path);
  expect(retrained.slice(1).every((path) => path.endsWith('cycle-0/reward-model/model'))).toBe(true);

  const cut = fakeEngine({
    contentOnly: true,
    before: (spec) => {
      if (spec.outDir.includes('cycle-2/grpo')) throw new Error('cut off');
    },
  });
  await attempt(scratch.at('cut'), local, {}, cut);
  const after = await attempt(scratch.at('cut'), local);
  expect(after.error).toBeUndefined();
  expect(contentOf(scratch.at('cut'))).toEqual(contentOf(scratch.at('run')));
});
