/** What a comparison with several seeds ends with: the tables of one, each figure as mean ± standard deviation over the seeds. */
import type { Spread } from '../../evaluation/seed-spread.js';
import { fixed, formatParagraphs, formatTable } from '../../format.js';
import type { PooledArm, PooledComparison } from '../../loop/comparison/pooled-comparison.js';
import { short, tableByModality, trainedBy } from './comparison-text.js';

export function seedsText(pooled: PooledComparison, runDir: string): string {
  const { arms, curves, grid, differences, seeds, testQuestions, notice } = pooled;
  return formatParagraphs([
    tableByModality(
      arms,
      (accuracy) => percent(accuracy, 0),
      (accuracy) => percent(accuracy),
    ),
    figuresTable(arms),
    curves.length === 0 ? null : curveTable(curves),
    grid === null ? null : gridTable(grid),
    differences.length === 0 ? null : differenceTable(differences),
    `top-1 accuracy in per cent, mean ± standard deviation over ${seeds.length} seeds (${seeds.join(', ')}), ${testQuestions} held-out questions each\n${notice}`,
    `folder of the seeds: ${runDir}`,
  ]);
}

function figuresTable(arms: readonly PooledArm[]): string {
  return formatTable([
    [
      'model',
      'trained by',
      'samples',
      'true',
      'accuracy',
      'lowest',
      'highest',
      'balanced',
      'macro F1',
      'AUROC',
      'unread',
    ],
    ...arms.map((arm) => [
      arm.label,
      trainedBy(arm.trainedBy),
      plain(arm.samples),
      percent(arm.precision, 0),
      percent(arm.accuracy),
      fixed(100 * arm.accuracy.min, 1),
      fixed(100 * arm.accuracy.max, 1),
      percent(arm.balancedAccuracy),
      percent(arm.macroF1),
      percent(arm.auroc),
      plain(arm.unparsed),
    ]),
  ]);
}

/** Figure 2: a row for each K; `all` stands in a row of its own, with as many as there were on average. */
function curveTable(curves: PooledComparison['curves']): string {
  const sizeOf = (mean: number): number => Math.round(mean);
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ size }) => sizeOf(size.mean))))];
  return formatTable([
    ['K', ...curves.map(({ label }) => label)],
    ...sizes
      .toSorted((a, b) => a - b)
      .map((size) => [
        String(size),
        ...curves.map(({ points }) => percent(points.find((point) => sizeOf(point.size.mean) === size)?.accuracy)),
      ]),
  ]);
}

/** Figure 4: gain over the base in points; the accuracies stand in the first table. */
function gridTable({ by, trained, tested, cells }: NonNullable<PooledComparison['grid']>): string {
  const name = by === 'modality' ? 'modality' : 'question type';
  return formatTable([
    [`gain in points: trained on ${name} \\ tested on`, ...tested.map((domain) => short[domain] ?? domain)],
    ...trained.map((row) => [
      row,
      ...tested.map((column) => {
        const gain = cells.find((cell) => cell.trained === row && cell.tested === column)?.gain;
        const text = percent(gain, 0);
        return gain === undefined || text.startsWith('-') ? text : `+${text}`;
      }),
    ]),
  ]);
}

function differenceTable(differences: PooledComparison['differences']): string {
  return formatTable([
    ['difference in points', 'mean', 'lowest', 'highest'],
    ...differences.map(({ first, second, gain }) => [
      `${second} less ${first}`,
      percent(gain),
      fixed(100 * gain.min, 1),
      fixed(100 * gain.max, 1),
    ]),
  ]);
}

/** `81.2 ± 1.4`; a seed alone has no deviation. */
function percent(spread: Spread | null | undefined, digits = 1): string {
  if (spread === null || spread === undefined) return '–';
  const share = (value: number): string => fixed(100 * value, digits);
  return spread.deviation === null ? share(spread.mean) : `${share(spread.mean)} ± ${share(spread.deviation)}`;
}

/** Counts that differ between seeds as their range. */
function plain(spread: Spread | null): string {
  if (spread === null) return '–';
  return spread.min === spread.max ? String(spread.min) : `${spread.min} to ${spread.max}`;
}
