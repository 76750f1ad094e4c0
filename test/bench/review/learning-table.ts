/** The table of `bench:review --learn`: mean and deviation over seeds of each arm, and differences seed by seed. Pure. */
import { meanInterval, spreadOf } from '../../../src/evaluation/seed-spread.js';
import { learningArms, type LearningOutcome } from './learning.js';

type Figure = 'spearman' | 'auroc' | 'precision' | 'accepted';
const figures = { spearman: 'Spearman', auroc: 'AUROC', precision: 'accepted precision', accepted: 'accepted share' };
const names = Object.entries(figures) as [Figure, string][];

/** Of the first over the second. */
const pairs = [
  ['trusted', 'without'],
  ['desk', 'without'],
  ['desk', 'trusted'],
  ['random', 'trusted'],
  ['disagreement', 'random'],
  ['desk', 'random'],
] as const;

export function learningTable(outcomes: readonly LearningOutcome[]): string {
  const of = (arm: string, figure: Figure): Map<number, number | null> =>
    new Map(outcomes.filter((one) => one.arm === arm).map((one) => [one.seed, one[figure]]));
  const arms = learningArms.map((arm) => [
    arm,
    ...names.map(([figure]) => spreadText([...of(arm, figure).values()], 3)),
    spreadText(
      outcomes.filter((one) => one.arm === arm).map(({ judgedRight }) => judgedRight),
      2,
    ),
  ]);
  const differences = pairs.map(([first, second]) => [
    `${first} − ${second}`,
    ...names.map(([figure]) => {
      const base = of(second, figure);
      return differenceText([...of(first, figure)].map(([seed, value]) => minus(value, base.get(seed) ?? null)));
    }),
    '',
  ]);
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))];
  const heading = ['', ...names.map(([, name]) => name), 'right among the judged'];
  const rows = [heading, heading.map(() => '---'), ...arms, ...differences];
  return `Seeds ${seeds.join(', ')}; mean ± sd, differences seed by seed with 95 % intervals. Phantoms: no medical evidence.\n\n${rows
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('')}`;
}

const minus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);

function spreadText(values: readonly (number | null)[], digits: number): string {
  const spread = spreadOf(values);
  if (spread === null) return '–';
  return `${spread.mean.toFixed(digits)} ± ${spread.deviation?.toFixed(digits) ?? '–'}`;
}

function differenceText(values: readonly (number | null)[]): string {
  const spread = spreadOf(values);
  if (spread === null) return '–';
  const interval = meanInterval(spread);
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  return interval === null
    ? signed(spread.mean)
    : `${signed(spread.mean)} (${signed(interval.low)} to ${signed(interval.high)})`;
}
