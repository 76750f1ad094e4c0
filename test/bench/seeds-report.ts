/** The table of `bench:seeds`: mean, standard deviation and range over seeds, and each aim with what was found. Pure. */
import type { RunResult } from '../../src/loop/result.js';
import type { Arm } from './arms.js';

export interface SeedOutcome {
  seed: number;
  result: RunResult;
  /** Test accuracy per cycle and arm. */
  arms: Record<Arm, number>[];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; 0 for a single value. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

function spread(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '–';
  const digits = (value: number): string => value.toFixed(3);
  return `${digits(mean(known))} ± ${digits(deviation(known))} (${digits(Math.min(...known))}–${digits(Math.max(...known))})`;
}

function row(name: string, columns: readonly (readonly (number | null)[])[]): string {
  return `| ${name} | ${columns.map(spread).join(' | ')} |`;
}

export function seedsReport(outcomes: readonly SeedOutcome[]): string {
  const cycles = Math.max(...outcomes.map(({ result }) => result.cycles.length));
  const perCycle = (read: (outcome: SeedOutcome, index: number) => number | null): (number | null)[][] =>
    Array.from({ length: cycles }, (_, index) => outcomes.map((outcome) => read(outcome, index)));
  const at = (outcome: SeedOutcome, index: number) => outcome.result.cycles[index];
  const sft = perCycle((outcome, index) => at(outcome, index)?.accuracy.sft ?? null);
  const grpo = perCycle((outcome, index) => at(outcome, index)?.accuracy.grpo ?? null);
  const equal = perCycle((outcome, index) => outcome.arms[index]?.['unfiltered-equal'] ?? null);
  const all = perCycle((outcome, index) => outcome.arms[index]?.['unfiltered-all'] ?? null);
  const base = perCycle(({ result }) => result.baseAccuracy);
  const errorCut = perCycle((outcome, index) => {
    const accuracy = at(outcome, index)?.accuracy;
    return accuracy === undefined ? null : (accuracy.grpo - accuracy.sft) / (1 - accuracy.sft);
  });
  const heading = Array.from({ length: cycles }, (_, index) => `cycle ${index + 1}`);
  return [
    `${outcomes.length} seeds (${outcomes.map(({ seed }) => seed).join(', ')}), ${outcomes[0]?.result.testQuestions ?? 0} test questions each; mean ± standard deviation (range). Phantoms: no medical evidence.`,
    '',
    `| | ${heading.join(' | ')} |`,
    `|---|${heading.map(() => '---').join('|')}|`,
    row(
      'raw precision',
      perCycle((outcome, index) => at(outcome, index)?.rawPrecision ?? null),
    ),
    row(
      'accepted precision',
      perCycle((outcome, index) => at(outcome, index)?.acceptedPrecision ?? null),
    ),
    row(
      'accepted samples (D_gen)',
      perCycle((outcome, index) => at(outcome, index)?.datasetSize ?? null),
    ),
    row(
      'reward model: Spearman',
      perCycle((outcome, index) => at(outcome, index)?.rewardModel.spearman ?? null),
    ),
    row(
      'reward model: MAE',
      perCycle((outcome, index) => at(outcome, index)?.rewardModel.mae ?? null),
    ),
    row('accuracy: base', base),
    row('accuracy: SFT, unfiltered, as many', equal),
    row('accuracy: SFT, unfiltered, all', all),
    row('accuracy: SFT, filtered', sft),
    row('accuracy: SFT + GRPO', grpo),
    row('share of error that GRPO removes', errorCut),
    row(
      'minutes (whole run)',
      perCycle(({ result }, index) => (index === cycles - 1 ? result.totalSeconds / 60 : null)),
    ),
    '',
  ].join('\n');
}
