/** What held-out questions said before GRPO stands above its panel, from the look on and for as long as no other is known. */
import { Box, renderToString } from 'ink';
import { expect, test } from 'vitest';
import type { Headroom } from '../../src/evaluation/sampled/headroom-verdict.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { GrpoPanel } from '../../src/tui/panels/grpo-panel.js';
import { Facts } from '../../src/tui/parts/named-figures.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { initialState, type ScreenState } from '../../src/tui/state/screen-state.js';

const headroom: Headroom = {
  questions: 200,
  samples: 8,
  greedy: 0.86,
  sampled: 0.82,
  pass: 0.96,
  majority: 0.87,
  best: 0.93,
  verdict: 'room',
};
const at = (event: object): TimedEvent => ({ time: '2026-01-01T10:00:00.000Z', ...event }) as TimedEvent;
const looked = (cycle: number, found: Headroom): TimedEvent[] => [
  at({ type: 'stage-start', cycle, stage: 'headroom', resumed: false }),
  at({ type: 'stage-end', cycle, stage: 'headroom', seconds: 9, metrics: {}, detail: { kind: 'headroom', ...found } }),
];
const stateOf = (events: readonly TimedEvent[]): ScreenState =>
  events.reduce((state, event) => reduce(state, event), initialState);
const panel = (state: ScreenState): string[] =>
  renderToString(<GrpoPanel state={state} width={100} height={16} />, { columns: 100 }).split('\n');

test('the newest look is the first line, before GRPO has begun as after', () => {
  const once = stateOf(looked(1, headroom));
  expect(panel(once).slice(0, 2)).toEqual([
    'cycle 1: GRPO has room: pass@8 96.0 %, best by R_φ 93.0 %, greedy 86.0 %',
    'GRPO has not begun yet',
  ]);
  const trained = stateOf([
    ...looked(1, headroom),
    ...looked(2, { ...headroom, best: 0.86, verdict: 'blind' }),
    at({ type: 'stage-start', cycle: 2, stage: 'grpo', resumed: false }),
  ]);
  expect(panel(trained)[0]).toBe('cycle 2: R_φ cannot tell: pass@8 96.0 %, best by R_φ 86.0 %, greedy 86.0 %');
});

test('without a look there is no such line; dead groups are told by reward', () => {
  const grpo = {
    reward: 0.7,
    rewardStd: 0.3,
    rewards: {
      rewardModel: { mean: 0.7, std: 0.3, deadGroups: 0.01 },
      answerMatch: { mean: 0.9, std: 0.1, deadGroups: 0.62 },
    },
    kl: null,
    completionLength: 20,
    deadGroups: 0.01,
    entropy: 0.2,
    leftOut: 0.62,
  };
  const figures = { epoch: 1, loss: 0.1, learningRate: 1e-4, gradNorm: 1, tokens: 10, stepSeconds: 1 };
  const step = { type: 'train-step', step: 5, totalSteps: 60, ...figures, grpo };
  const lines = panel(
    stateOf([
      at({ type: 'stage-start', cycle: 1, stage: 'grpo', resumed: false }),
      at({ type: 'job', cycle: 1, stage: 'grpo', job: 'j', event: step }),
    ]),
  ).join('\n');
  expect(lines).not.toContain('cycle 1:');
  expect(lines).toMatch(/reward model +0.700 ± 0.30, dead 1 %[^]*dead groups +1 %/);
  expect(lines).toMatch(/left out +62 %, all right or all/);
});

test('where not all figures fit, the first stay', () => {
  const facts = Array.from({ length: 6 }, (_, index) => [`figure ${index}`, String(index)] as const);
  const lines = renderToString(
    <Box height={4}>
      <Facts facts={facts} width={40} />
    </Box>,
    { columns: 40 },
  ).split('\n');
  expect(lines.map((line) => line.trim().at(-1))).toEqual(['0', '1', '2', '3']);
});
