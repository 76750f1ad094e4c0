import { describe, expect, test } from 'vitest';
import { lineTeller } from '../../src/tui/event-lines.js';
import { summaryOf } from '../../src/cli/print/summary-text.js';
import type { RunEvent } from '../../src/loop/run-events.js';
import type { RunResult } from '../../src/loop/result/run-result.js';

/** Lines for events one after the other, `seconds` apart; the time of day left out. */
function tell(events: readonly RunEvent[], seconds = 20): string[] {
  const teller = lineTeller();
  const start = Date.parse('2026-01-01T12:00:00Z');
  return events.flatMap((event, index) => {
    const line = teller({ ...event, time: new Date(start + index * seconds * 1000).toISOString() });
    return line === null ? [] : [line.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '')];
  });
}

const stage = { cycle: 1, stage: 'grpo' } as const;
const step = (number: number): RunEvent => ({
  type: 'job',
  ...stage,
  job: 'grpo',
  event: {
    type: 'train-step',
    step: number,
    totalSteps: 60,
    epoch: null,
    loss: 0.1,
    learningRate: null,
    gradNorm: null,
    tokens: null,
    stepSeconds: null,
    grpo: {
      reward: 0.71,
      rewardStd: 0.2,
      rewards: { rewardModel: { mean: 0.8, std: 0.1 }, answerMatch: { mean: 0.5, std: 0.5 } },
      kl: null,
      completionLength: 30,
      deadGroups: 0.25,
      entropy: null,
    },
  },
});

describe('lines', () => {
  test('of batches say what is at work, which may be for a day', () => {
    const generate = { type: 'stage-progress', cycle: 1, stage: 'generate', done: 20, total: 90 } as const;
    const lines = tell([
      { ...generate, detail: { batches: 2, inBatches: 70, ended: 12 } },
      { ...generate, detail: {} },
    ]);
    expect(lines[0]).toMatch(/20 of 90 requests, batches at work: 2 \(12 of their 70 requests ended\)$/);
    expect(lines[1]).toMatch(/20 of 90 requests$/);
  });

  test('of alarms and of refusals, and none of a promotion that nobody opposed', () => {
    const promotion: Omit<Extract<RunEvent, { type: 'promotion' }>, 'refused'> = {
      type: 'promotion',
      cycle: 2,
      what: 'policy',
      promoted: 'cycle-2/grpo',
      reasons: ['+1.0 points'],
    };
    expect(
      tell([
        { type: 'run-start', runDir: '/runs/a', seed: 3, cycles: 3, resumed: false },
        { type: 'alarm', ...stage, guard: 'collapse', message: 'all dead', figures: {}, action: 'warn' },
        { ...promotion, refused: [] },
        { ...promotion, promoted: 'cycle-2/sft', refused: ['cycle-2/grpo'] },
      ]).slice(1),
    ).toEqual([
      'cycle 1/3  GRPO             ALARM (collapse): all dead',
      'refused: cycle 2 GRPO was not let through, cycle 2 SFT goes on as the policy: +1.0 points',
    ]);
  });

  test('one per meaningful change', () => {
    const lines = tell([
      { type: 'run-start', runDir: '/runs/a', seed: 3, cycles: 3, resumed: false },
      { type: 'stage-progress', cycle: 0, stage: 'prepare-data', done: 8, total: 900, detail: {} },
      { type: 'notice', message: 'Drawn images.' },
      { type: 'stage-skip', cycle: 0, stage: 'grade' },
      { type: 'stage-start', ...stage, resumed: true },
      step(20),
      { type: 'stage-end', ...stage, seconds: 75.2, metrics: { rows: 900, loss: 0.0123, tokens: null } },
      { type: 'warning', message: 'look here' },
      { type: 'run-end', status: 'complete', seconds: 600, error: null },
    ]);
    expect(lines).toMatchInlineSnapshot(`
      [
        "starting /runs/a (seed 3, 3 cycles)",
        "start      data             8 of 900 images",
        "          Drawn images.",
        "start      grade            done before",
        "cycle 1/3  GRPO             going on …",
        "cycle 1/3  GRPO             step 20 of 60, reward 0.710 ± 0.200 (reward model 0.800, answer match 0.500), dead groups 25 %",
        "cycle 1/3  GRPO             rows 900, loss 0.012 (1:15)",
        "warning: look here",
        "complete after 10:00",
      ]
    `);
  });

  test('a run that told its notice when it started, as older ones did, tells it still', () => {
    const [line] = tell([
      { type: 'run-start', runDir: '/runs/a', seed: 3, cycles: 3, resumed: false, notice: 'Drawn images.' },
    ]);
    expect(line).toContain('(seed 3, 3 cycles)\n          Drawn images.');
  });

  test('no more than one progress line in a quarter of a minute', () => {
    const events: RunEvent[] = [
      { type: 'stage-start', ...stage, resumed: false },
      ...[1, 2, 3, 4, 5, 6, 7, 8].map(step),
    ];
    expect(tell(events, 5)).toHaveLength(3);
  });
});

test('the summary is a table of cycles and says where the run is', () => {
  const group = {};
  const quality = { mae: 1, spearman: 0.91, pairwiseAccuracy: 0.9, meanByGrade: {} };
  const result: RunResult = {
    status: 'complete',
    seed: 0,
    notice: 'Phantoms are no evidence.',
    testQuestions: 480,
    baseAccuracy: 0.5312,
    baseAccuracyByModality: {},
    cycles: [
      {
        cycle: 1,
        candidates: 880,
        accepted: 400,
        datasetSize: 1000,
        rawPrecision: 0.64,
        acceptedPrecision: 0.955,
        tau: 4.2,
        rewardModel: quality,
        retrainedRewardModel: null,
        headroom: null,
        grpoSkipped: null,
        accuracy: { sft: 0.7, grpo: 0.75 },
        accuracyByModality: { sft: group, grpo: group },
        accuracyByQuestionType: { sft: group, grpo: group },
        unparsed: { sft: 0, grpo: 0 },
        gold: null,
        promotedPolicy: 'cycle-1/grpo',
        rolledBack: false,
        verdicts: null,
        seconds: { sft: 60, grpo: 61 },
        paths: { policy: 'a', rewardModel: 'b', dataset: 'c' },
      },
    ],
    seconds: {},
    totalSeconds: 121,
    paths: null,
    comparisons: [],
    alarms: [],
    promotions: [],
    review: null,
    warnings: [],
    error: null,
  };
  expect(summaryOf(result, '/runs/a')).toMatchInlineSnapshot(`
    "
    cycle  candidates  accepted      precision  D_gen  R_φ ρ     τ    base     SFT    GRPO  time
    base                                                            53.1 %
    1             880       400  64.0 → 95.5 %   1000  0.910  4.20          70.0 %  75.0 %  2:01

    precision: share of samples that say the truth, before → after the filter; SFT, GRPO: top-1 accuracy on 480
    held-out questions (base: before training); R_φ ρ: rank correlation of the reward model on held-out graded texts.
    Phantoms are no evidence.

    run folder: /runs/a"
  `);
});
