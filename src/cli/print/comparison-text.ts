/** What a comparison ends with: Table 1's layout, Table 2's figures, and the figures' numbers as tables. */
import { fixed, formatParagraphs, formatSeconds, formatTable, probability } from '../../format.js';
import type { ArmResult, ComparisonResult, Curve, TransferGrid } from '../../loop/comparison/comparison-result.js';
import { inTableOrder } from '../../sample.js';
import { differenceCells, warningLines } from './summary-text.js';

export function comparisonText(result: ComparisonResult, runDir: string): string {
  const { arms, curves, grid, transitions } = result;
  return formatParagraphs([
    modalityTable(arms),
    figuresTable(arms),
    curves.length === 0 ? null : curveTable(curves),
    grid === null ? null : gridTable(grid),
    transitions.length === 0 ? null : transitionTable(transitions),
    `top-1 accuracy in per cent on ${result.testQuestions} held-out questions; ${formatSeconds(result.totalSeconds)} of work in all\n${result.notice}`,
    result.warnings.length === 0 ? null : warningLines(result.warnings).slice(1).join('\n'),
    `run folder: ${runDir}`,
  ]);
}

/** Table 1's own words for long names. */
export const short: Readonly<Record<string, string>> = {
  ultrasound: 'US',
  dermoscopy: 'Der',
  'fundus photography': 'FP',
  microscopy: 'Micro',
};

/** Table 1 of MedGR²: models by modalities, in its order, and overall. */
export function modalityTable(arms: readonly Pick<ArmResult, 'label' | 'byModality' | 'accuracy'>[]): string {
  return tableByModality(
    arms,
    (group) => percent(group?.accuracy),
    (accuracy) => percent(accuracy),
  );
}

/** Its layout, whatever an arm's figures are; a modality that an arm lacks is left to `cell`. */
export function tableByModality<Figure, Group>(
  arms: readonly { label: string; byModality: Readonly<Record<string, Group>>; accuracy: Figure }[],
  cell: (group: Group | undefined) => string,
  overall: (figure: Figure) => string,
): string {
  const present = inTableOrder(arms.flatMap(({ byModality }) => Object.keys(byModality)));
  const rows = arms.map(({ label, byModality, accuracy }) => [
    label,
    ...present.map((name) => cell(byModality[name])),
    overall(accuracy),
  ]);
  return formatTable([['model', ...present.map((name) => short[name] ?? name), 'overall'], ...rows]);
}

/** `SFT + GRPO`. */
export const trainedBy = (stages: readonly string[]): string =>
  stages.map((stage) => (stage === 'loop' ? stage : stage.toUpperCase())).join(' + ') || '–';

/** Table 2's figures, with what each model learned from. */
function figuresTable(arms: readonly ArmResult[]): string {
  const header = [
    'model',
    'trained by',
    'samples',
    'true',
    'accuracy',
    '95 % interval',
    'balanced',
    'macro F1',
    'AUROC',
    'unread',
  ];
  const rows = arms.map(({ label, trained, accuracy, intervals, balancedAccuracy, macroF1, auroc, unparsed }) => [
    label,
    trainedBy(trained.map(({ stage }) => stage)),
    trained
      .map(({ samples }) => samples)
      .at(-1)
      ?.toString() ?? '–',
    percent(trained.at(-1)?.precision, 0),
    percent(accuracy),
    intervals.accuracy === null ? '–' : `${percent(intervals.accuracy.low)} to ${percent(intervals.accuracy.high)}`,
    percent(balancedAccuracy),
    percent(macroF1),
    percent(auroc),
    String(unparsed),
  ]);
  return formatTable([header, ...rows]);
}

/** Figure 2: a row for each K. */
function curveTable(curves: readonly Curve[]): string {
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ size }) => size)))].toSorted((a, b) => a - b);
  const rows = sizes.map((size) => [
    String(size),
    ...curves.map(({ points }) => percent(points.find((point) => point.size === size)?.accuracy)),
  ]);
  return formatTable([['K', ...curves.map(({ label }) => label)], ...rows]);
}

/** Figure 4: accuracy, and in brackets what it is more or less than the base's. */
function gridTable({ by, trained, tested, cells }: TransferGrid): string {
  const cellOf = (row: string, column: string): string => {
    const cell = cells.find((candidate) => candidate.trained === row && candidate.tested === column);
    if (cell === undefined) return '–';
    return `${percent(cell.accuracy, 0)} (${cell.gain < 0 ? '' : '+'}${percent(cell.gain, 0)})`;
  };
  const name = by === 'modality' ? 'modality' : 'question type';
  return formatTable([
    [`trained on ${name} \\ tested on`, ...tested.map((domain) => short[domain] ?? domain)],
    ...trained.map((row) => [row, ...tested.map((column) => cellOf(row, column))]),
  ]);
}

/** Figure 5, over all questions. */
function transitionTable(transitions: ComparisonResult['transitions']): string {
  const rows = transitions.map(({ first, second, overall, pValue, paired }) => [
    `${first} → ${second}`,
    ...[overall.correctToCorrect, overall.wrongToCorrect, overall.correctToWrong, overall.wrongToWrong].map(String),
    ...differenceCells(paired),
    probability(pValue),
  ]);
  return formatTable([
    ['answers', 'right both', 'put right', 'made wrong', 'wrong both', 'difference', '95 % interval', 'p'],
    ...rows,
  ]);
}

const percent = (share: number | null | undefined, digits = 1): string =>
  share === null || share === undefined ? '–' : fixed(100 * share, digits);
