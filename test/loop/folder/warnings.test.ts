/** A run that is complete and came to nothing says so: in result.json, and in the last lines that it prints. */
import { appendFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { summaryOf } from '../../../src/cli/print/summary-text.js';
import { deadGroupsOf, loopWarnings, type JudgedCycle } from '../../../src/loop/result/result-warnings.js';
import { attempt, configOf, Scratch } from './support.js';

vi.setConfig({ testTimeout: 60_000 });

test('each thing that must not be overlooked, once, and nothing of a run that went well', async () => {
  using scratch = new Scratch();
  const { result } = await attempt(scratch.at('run'), configOf('cycles=1'));
  const [cycle] = result?.cycles ?? [];
  if (result === undefined || cycle === undefined) throw new Error('no result');
  const good: JudgedCycle = {
    ...cycle,
    accepted: 3,
    accuracy: { sft: 0.6, grpo: 0.7 },
    unparsed: { sft: 0, grpo: 0 },
    rewardModel: { ...cycle.rewardModel, spearman: 0.8 },
    retrainedRewardModel: null,
  };
  const warnings = (changes: Partial<JudgedCycle>, dead = 0.2): string[] =>
    loopWarnings(0.5, [{ ...good, ...changes }], 24, new Map([['cycle-1/grpo', dead]]));
  expect(warnings({})).toEqual([]);
  expect(warnings({ accuracy: { sft: 0.6, grpo: 0.3 } })).toEqual([
    "cycle 1: accuracy after GRPO is 30.0 %, less than the base's 50.0 %",
  ]);
  expect(warnings({ unparsed: { sft: 0, grpo: 24 } })).toEqual([
    'cycle 1: no answer was found in 24 of 24 completions after GRPO',
  ]);
  expect(warnings({ accepted: 0 })[0]).toMatch(/none of \d+ candidates was accepted/);
  for (const spearman of [null, -0.007])
    expect(warnings({ rewardModel: { ...good.rewardModel, spearman } })).toEqual([
      expect.stringMatching(/does not order held-out texts/),
    ]);
  expect(warnings({}, 1)).toEqual([expect.stringMatching(/GRPO learned little or nothing: in 100\.0 %/)]);

  const text = summaryOf({ ...result, warnings: warnings({ accepted: 0 }) }, 'runs/x');
  expect(text).toMatch(/^warning: cycle 1: none of/m);
  // The fake engine's reward model knows nothing, and the stored result says it.
  expect(result.warnings.join('\n')).toMatch(/cycle 1: /);
});

test('dead groups are those of the newest try at each step, whatever else the file holds', () => {
  using scratch = new Scratch();
  const file = scratch.at('events.jsonl');
  const step = (number: number, deadGroups: number | null, arm?: string): void =>
    appendFileSync(
      file,
      `${JSON.stringify({
        type: 'job',
        cycle: 1,
        stage: 'grpo',
        arm,
        event: { type: 'train-step', step: number, grpo: { deadGroups } },
      })}\n`,
    );
  expect(deadGroupsOf(file)).toEqual(new Map());
  step(1, 1);
  step(2, 0);
  appendFileSync(file, '"deadGroups":\0 garbage\n');
  step(2, 1);
  step(1, null, 'a');
  step(2, 0.5, 'a');
  expect(deadGroupsOf(file)).toEqual(
    new Map([
      ['cycle-1/grpo', 1],
      ['arms/a/cycle-1/grpo', 0.5],
    ]),
  );
  // Gone on with, its steps stay; begun anew, as with --redo and fewer steps, none of them does.
  const start = (resumed: boolean): void =>
    appendFileSync(file, `${JSON.stringify({ type: 'stage-start', cycle: 1, stage: 'grpo', resumed })}\n`);
  start(true);
  expect(deadGroupsOf(file).get('cycle-1/grpo')).toBe(1);
  start(false);
  step(1, 0);
  expect(deadGroupsOf(file).get('cycle-1/grpo')).toBe(0);
  expect(deadGroupsOf(file).get('arms/a/cycle-1/grpo')).toBe(0.5);
});
