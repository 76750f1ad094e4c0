/** Parts that several charts share: axes of shares and scores, and the line that shows τ. */
import { decimal } from '../numbers.js';
import { colour } from './palette.js';
import type { Spec } from './chart.js';

const shares = (field: string, axis: Spec): Spec => ({
  field,
  type: 'quantitative',
  scale: { domain: [0, 1] },
  axis,
});

/** `80 %`, as the texts have it. */
const shareLabel = "format(datum.value * 100, '.0f') + '\u00a0%'";

/** An axis of shares in per cent. */
export const shareAxis = (field: string): Spec =>
  shares(field, {
    labelExpr: shareLabel,
    title: null,
    tickCount: 5,
    grid: true,
    domain: false,
    ticks: false,
    minExtent: 36,
  });

/** The same across, beside names. */
export const shareAcross = (field: string): Spec => shares(field, acrossAxis);

/** Narrow, so that only every second line has its figure. */
export const acrossAxis: Spec = {
  values: [0, 0.25, 0.5, 0.75, 1],
  labelExpr: `datum.value * 4 % 2 === 0 ? ${shareLabel} : ''`,
  title: null,
  grid: true,
  domain: false,
  ticks: false,
};

/** R_φ's range. */
export const scoreDomain = [-6, 10] as const;

/** Raw scores may lie outside of it: drawn with room at both ends. */
const roomyDomain = [-7, 11] as const;

export const scoreAxis = (field: string, domain: 'exact' | 'roomy' = 'exact'): Spec => ({
  field,
  type: 'quantitative',
  scale: { domain: domain === 'exact' ? scoreDomain : roomyDomain, nice: false, clamp: true },
  axis: { title: 'score of the reward model', values: [-6, -2, 2, 6, 10], format: 'd', grid: false },
});

/** Discrete positions without a title of their own. */
export const names = (field: string, order: readonly string[], axis: Spec = {}): Spec => ({
  field,
  type: 'nominal',
  sort: order,
  axis: { title: null, domain: false, ticks: false, ...axis },
});

/** Characters of a row's name that are shown. */
const longestName = 27;

/** The same, upright, with the room that the longest name needs: Vega without a canvas guesses letters too wide. */
export const rowNames = (field: string, order: readonly string[], axis: Spec = {}): Spec => {
  const longest = Math.min(longestName, Math.max(0, ...order.map((name) => name.length)));
  const extent = 14 + 6.3 * longest;
  const label = `length(datum.label) > ${longestName} ? slice(datum.label, 0, ${longestName - 1}) + '…' : datum.label`;
  return names(field, order, { minExtent: extent, maxExtent: extent, labelPadding: 6, labelExpr: label, ...axis });
};

/** Upright dashed line at τ with its value above the plot. */
export const tauLine = (tau: number): Spec[] => [
  {
    data: { values: [{ tau }] },
    mark: { type: 'rule', color: colour('ink'), strokeDash: [4, 3], strokeWidth: 1.5 },
    encoding: { x: { field: 'tau', type: 'quantitative' } },
  },
  {
    data: { values: [{ tau, label: `τ = ${decimal(tau)}` }] },
    mark: { type: 'text', align: tau > 5 ? 'right' : 'left', dx: tau > 5 ? 6 : -6, dy: -12, baseline: 'bottom' },
    encoding: { x: { field: 'tau', type: 'quantitative' }, y: { value: 0 }, text: { field: 'label' } },
  },
];

/** Fixed colours, shapes or dashes for named things; the legend is drawn beside the chart. */
export const fixed = (field: string, look: Readonly<Record<string, unknown>>): Spec => ({
  field,
  type: 'nominal',
  scale: { domain: Object.keys(look), range: Object.values(look) },
  legend: null,
});
