/** Learning curves: one chart per measure, one line per cycle, or for each arm of a comparison. */
import { spacedName } from '../../format.js';
import type { Curve } from '../data/learning-curves.js';
import { decimal } from '../numbers.js';
import type { Chart } from './chart.js';
import { fixed } from './marks.js';
import { series } from './palette.js';

interface Panel {
  title: string;
  note?: string;
  stage: Curve['stage'];
  measure: string;
  isReward: boolean;
  /** Shares are drawn from 0 to 1. */
  share?: boolean;
}

const panels: readonly Panel[] = [
  { title: 'GRPO: mean reward', stage: 'grpo', measure: 'reward', isReward: false },
  {
    title: 'GRPO: length of completions',
    note: 'In tokens.',
    stage: 'grpo',
    measure: 'completion length',
    isReward: false,
  },
  {
    title: 'GRPO: groups that teach nothing',
    note: 'Share of groups whose completions all got the same reward.',
    stage: 'grpo',
    measure: 'dead groups',
    isReward: false,
    share: true,
  },
  { title: 'GRPO: entropy', stage: 'grpo', measure: 'entropy', isReward: false },
  { title: 'GRPO: KL from the reference', stage: 'grpo', measure: 'KL', isReward: false },
  { title: 'SFT: loss', stage: 'sft', measure: 'loss', isReward: false },
  { title: 'Reward model: loss', stage: 'reward-model', measure: 'loss', isReward: false },
  { title: 'Warm start: loss', stage: 'warm-start', measure: 'loss', isReward: false },
];

/** @param labelOf An arm as the other tables name it. */
export function curveCharts(curves: readonly Curve[], labelOf = (arm: string): string => arm): Chart[] {
  const rewards = [...new Set(curves.filter(({ isReward }) => isReward).map(({ measure }) => measure))];
  const rewardPanels = rewards.map((measure): Panel => ({
    title: `GRPO: reward “${spacedName(measure)}”`,
    note: 'Mean before weighting.',
    stage: 'grpo',
    measure,
    isReward: true,
  }));
  const [first, ...others] = panels;
  return [...(first === undefined ? [] : [first]), ...rewardPanels, ...others].flatMap((panel) => {
    const shown = curves.filter(
      ({ stage, measure, isReward }) =>
        stage === panel.stage && measure === panel.measure && isReward === panel.isReward,
    );
    return shown.length === 0 ? [] : [curveChart(panel, shown, labelOf)];
  });
}

/** An arm has one cycle, but where it is a loop of its own. */
function nameOf({ arm, cycle }: Curve, curves: readonly Curve[], labelOf: (arm: string) => string): string {
  const ofCycle = cycle === 0 ? 'before cycle 1' : `cycle ${cycle}`;
  if (arm === null) return curves.some((curve) => curve.arm !== null) ? `for all, ${ofCycle}` : ofCycle;
  return curves.filter((curve) => curve.arm === arm).length === 1 ? labelOf(arm) : `${labelOf(arm)}, ${ofCycle}`;
}

function curveChart({ title, note, share }: Panel, curves: readonly Curve[], labelOf: (arm: string) => string): Chart {
  // Colours of cycles are the same in every chart, though a measure may lack some.
  const arms = curves.some(({ arm }) => arm !== null);
  const looks = curves.map(({ cycle }, i) => series(arms ? i : cycle));
  const names = curves.map((curve) => nameOf(curve, curves, labelOf));
  const values = curves.flatMap(({ points }, i) => points.map((point) => ({ ...point, line: String(i) })));
  const of = (key: 'colour' | 'dash') => Object.fromEntries(curves.map((_, i) => [String(i), looks[i]?.[key]]));
  const one = curves.every(({ points }) => points.length === 1);
  return {
    title,
    note,
    height: 190,
    spec: {
      data: { values },
      mark: one ? { type: 'point', filled: true } : { type: 'line', strokeWidth: 2 },
      encoding: {
        x: { field: 'step', type: 'quantitative', axis: { title: 'step', grid: false, tickCount: 5, format: 'd' } },
        y: {
          field: 'value',
          type: 'quantitative',
          scale: share === true ? { domain: [0, 1] } : { zero: false, nice: true },
          // A curve of one value has that value, with all its digits, as its only tick.
          axis: { title: null, tickCount: 4, format: '.4~r', domain: false, ticks: false },
        },
        color: fixed('line', of('colour')),
        ...(one ? {} : { strokeDash: fixed('line', of('dash')) }),
      },
    },
    legend: names.map((label, i) => ({
      label,
      colour: looks[i]?.colour ?? '',
      ...(one ? { shape: 'circle' } : { shape: 'line', dash: looks[i]?.dash ?? [] }),
    })),
    table: {
      head: [arms ? 'model' : 'cycle', 'first step', 'value', 'last step', 'value', 'lowest', 'highest'],
      rows: curves.map(({ cycle, points }, i) => {
        const all = points.map(({ value }) => value);
        const [start, end] = [points[0], points.at(-1)];
        return [
          arms ? names[i] : cycle,
          start?.step,
          decimal(start?.value, 3),
          end?.step,
          decimal(end?.value, 3),
          decimal(Math.min(...all), 3),
          decimal(Math.max(...all), 3),
        ];
      }),
    },
  };
}
