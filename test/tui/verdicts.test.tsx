/** A cycle that begins with what experts said: the ring, the reward model's panel and the table of cycles say so. */
import { renderToString } from 'ink';
import { expect, test } from 'vitest';
import type { StageName, TimedEvent } from '../../src/loop/run-events.js';
import { RewardModelPanel } from '../../src/tui/panels/reward-model-panel.js';
import { LoopRing } from '../../src/tui/parts/loop-ring.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { initialState, type ScreenState } from '../../src/tui/state/screen-state.js';

const at = (event: object): TimedEvent => ({ time: '2026-01-01T10:00:00.000Z', ...event }) as TimedEvent;
const start = (cycle: number, stage: StageName) => at({ type: 'stage-start', cycle, stage, resumed: false });
const done = (cycle: number, stage: StageName, metrics: object, more: object = {}) => [
  start(cycle, stage),
  at({ type: 'stage-end', cycle, stage, seconds: 9, metrics, ...more }),
];
const detail = (mean: number) => ({
  detail: { kind: 'reward-model', meanByGrade: { 10: mean }, reliability: [] },
});
const report = (cycle: number, stage: StageName, spearman: number) =>
  done(cycle, stage, { mae: 1, spearman, pairwiseAccuracy: 1, tau: 2 }, detail(10 * spearman));
const stateOf = (events: readonly TimedEvent[]): ScreenState =>
  events.reduce((state, event) => reduce(state, event), { ...initialState, cycles: 2 });
const before = (events: readonly TimedEvent[], columns = 120): string | undefined =>
  renderToString(<LoopRing state={stateOf(events)} cycle={2} columns={columns} />, { columns })
    .split('\n')[0]
    ?.trim();

const first = report(1, 'reward-report', 0.6);
const heard = [...first, ...done(2, 'verdicts', { verdicts: 9, trusted: 4, refused: 3 })];
const learning = [...heard, start(2, 'verdict-reward-model')];

test('the ring draws the three stages of verdicts in the place of the start', () => {
  expect(before(first)).toMatch(/^start .* data/);
  expect(before(learning)).toBe('before ✓ verdicts → ● learn verdicts → ○ set τ again');
  expect(before(learning, 40)).toBe('before ✓ → ● learn verdicts → ○');
  expect(before([...first, ...done(2, 'verdicts', { verdicts: 2, trusted: 0, refused: 0 })])).toBe('before ✓ verdicts');
});

test('the reward model that learned verdicts has its curve, its report and its figures in the table', () => {
  const figures = { epoch: 1, learningRate: 1e-4, gradNorm: 1, tokens: 10, stepSeconds: 1, grpo: null };
  const event = { type: 'train-step', step: 3, totalSteps: 6, loss: 0.5, ...figures };
  const state = stateOf([
    ...learning,
    at({ type: 'job', cycle: 2, stage: 'verdict-reward-model', job: 'j', event }),
    ...report(2, 'verdict-reward-report', 0.7),
  ]);
  const panel = renderToString(<RewardModelPanel state={state} width={120} height={12} />, { columns: 120 });
  expect(panel).toMatch(/loss, step 3 of 6[^]*held-out score by grade \(verdicts before cycle 2\)[^]*░ 7/);
  expect(state.rows.find(({ cycle }) => cycle === 2)?.spearman).toBe(0.7);
});

test('one that is not let through leaves the row to the one that goes on, also where it learned preferences', () => {
  const refused = (cycle: number, name: string, promoted: string) =>
    at({ type: 'promotion', cycle, what: 'reward-model', promoted, refused: [name], reasons: ['worse'] });
  const state = stateOf([
    ...report(0, 'reward-report', 0.5),
    ...first,
    refused(1, 'reward-model-1', 'reward-model-0'),
    ...report(2, 'verdict-reward-report', 0.1),
    refused(2, 'reward-model-2-verdicts', 'reward-model-0'),
  ]);
  expect(state.rows.map(({ cycle, spearman }) => [cycle, spearman])).toContainEqual([2, 0.5]);
  const later = stateOf([
    ...report(2, 'verdict-reward-report', 0.7),
    ...report(2, 'reward-report', 0.2),
    refused(2, 'reward-model-2', 'reward-model-2-verdicts'),
  ]);
  expect(later.rows.map(({ cycle, spearman }) => [cycle, spearman])).toEqual([
    [2, 0.7],
    [3, 0.7],
  ]);
});
