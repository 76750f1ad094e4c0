/** The loop with parts of a person's own, given in code, with a fake engine: what each does, and that a change redoes what it touches. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import type { LoopParts, SampleFilter } from '../../../src/loop/parts/loop-parts.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { runLoop } from '../../../src/loop/run.js';
import * as own from '../../own-parts/parts.js';
import { fakeEngine, type FakeEngine } from '../fake-engine.js';

const [settings = ''] = readFileSync(resolve(import.meta.dirname, '../../own-parts/loop.yaml'), 'utf8').split(
  /^parts:/m,
);
const configOf = (...set: string[]) => parseConfig(settings, { file: 'loop.yaml', set });
const all: LoopParts = {
  provider: own.echo,
  strategies: [own.sceptic],
  grader: own.terse,
  rewards: [own.brevity, own.politeness],
  filters: [own.settled],
  stages: [own.halve, own.audit],
  evaluator: own.verbatim,
  sinks: [own.listener],
};

let runDir = '';
let events: TimedEvent[] = [];
beforeEach(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-own-parts-')), 'run');
  own.heard.length = 0;
  own.echo.asked = 0;
});
afterEach(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const run = (
  parts: LoopParts,
  engine: FakeEngine = fakeEngine({ contentOnly: true }),
  more: { redo?: boolean } = {},
) => {
  events = [];
  return runLoop(configOf(), { runDir, engine, parts, ...more, onEvent: (event) => events.push(event) });
};
const stagesOf = (type: 'stage-end' | 'stage-skip'): string[] =>
  events.flatMap((event) => (event.type === type ? [`${event.cycle}/${event.stage}`] : []));

describe('two cycles with one of each', () => {
  test('each does its part, a killed run goes on, and another version redoes what it touches and nothing else', async () => {
    const engine = fakeEngine({
      contentOnly: true,
      before: (spec) => {
        if (spec.outDir.includes('cycle-2/grpo')) throw new Error('killed');
      },
    });
    await expect(run(all, engine)).rejects.toThrow('killed');
    const asked = own.echo.asked;
    const whole = fakeEngine({ contentOnly: true });
    const result = await run(all, whole);
    expect(own.echo.asked).toBe(asked);
    expect(stagesOf('stage-skip')).toContain('2/own-audit');
    expect(stagesOf('stage-end')[0]).toBe('2/grpo');

    // Provider and strategies: every candidate says who wrote it, and how it was asked.
    const candidates = await readSamples(join(runDir, 'cycle-1/generate/candidates.parquet'));
    expect(new Set(candidates.map(({ provenance: { provider, model } }) => `${provider} ${model}`))).toEqual(
      new Set(['echo echo-1']),
    );
    expect(new Set(candidates.map(({ provenance }) => provenance.strategy))).toEqual(new Set(['direct', 'sceptic']));
    expect(
      candidates.filter(({ provenance }) => provenance.strategy === 'sceptic').map(({ answer }) => answer),
    ).toEqual(['no', 'no', 'no', 'no']);
    // Grader: its own grade stands beside the four.
    const graded = await readParquet<{ kind: string; grade: number }>(join(runDir, 'cycle-0/grade/train.parquet'));
    expect(graded.filter(({ kind }) => kind === 'terse').map(({ grade }) => grade)).toContain(3);
    expect(graded.some(({ kind }) => kind === 'original')).toBe(true);
    // Stage and filter: half of the scored go on, and of those none that asks whether it is really so.
    const scored = await readSamples(join(runDir, 'cycle-1/score/scored.parquet'));
    const halved = await readSamples(join(runDir, 'cycle-1/own-halve/samples.parquet'));
    expect(halved).toEqual(scored.filter((_, index) => index % 2 === 0));
    const decisions = await readParquet<{ id: string; decision: string }>(
      join(runDir, 'cycle-1/filter/decisions.parquet'),
    );
    expect(decisions.map(({ id }) => id)).toEqual(halved.map(({ id }) => id));
    const refused = halved.filter(({ question }) => question.includes('really')).map(({ id }) => id);
    expect(refused.length).toBeGreaterThan(0);
    expect(decisions.filter(({ decision }) => decision === 'settled').map(({ id }) => id)).toEqual(refused);
    // Rewards: the trainer is told of all four, and is answered.
    const grpo = engine.calls.find(({ spec }) => spec.kind === 'grpo')?.spec;
    expect(grpo).toMatchObject({
      rewards: [
        { name: 'rewardModel', weight: 0.8 },
        { name: 'answerMatch', weight: 0.2 },
        { name: 'brevity', weight: 0.1 },
        { name: 'politeness', weight: 1 },
      ],
    });
    // Evaluator: what was read is the whole completion.
    const predictions = await readParquet<{ predicted: string; completion: string }>(
      join(runDir, 'cycle-1/evaluate-sft/predictions.parquet'),
    );
    for (const { predicted, completion } of predictions) expect(predicted).toBe(completion);
    // Event sink: hears what the caller hears, to the end.
    expect(own.heard.slice(-events.length - 1)).toEqual([...events.map(({ type }) => type), 'closed']);
    expect(result.cycles).toHaveLength(2);

    // Nothing of it is done again…
    expect(await run(all)).toEqual(result);
    expect(stagesOf('stage-end')).toEqual([]);
    // … another version asks …
    const stricter: SampleFilter = {
      ...own.settled,
      version: '2',
      accept: ({ question }) => question.includes('really'),
    };
    const others = { ...all, filters: [stricter] };
    await expect(run(others)).rejects.toMatchObject({
      code: 'inputs-changed',
      message: expect.stringContaining('filters was [{"name":"settled","version":"1"}]'),
    });
    // … and redoes the filter and what follows from it.
    await run(others, whole, { redo: true });
    expect(stagesOf('stage-skip')).toEqual([
      ...['prepare-data', 'evaluate-base', 'grade', 'reward-model', 'reward-report'].map((stage) => `0/${stage}`),
      ...['generate', 'score', 'own-halve'].map((stage) => `1/${stage}`),
    ]);
    expect(stagesOf('stage-end').slice(0, 3)).toEqual(['1/filter', '1/own-audit', '1/sft']);
    const now = await readSamples(join(runDir, 'cycle-1/filter/accepted.parquet'));
    expect(now.map(({ id }) => id)).toEqual(refused);
  });
});
