/** The table of `bench:seeds`: mean, standard deviation and range over seeds of all folders given to it. Pure. */
import type { Interval } from '../../../src/evaluation/bootstrap.js';
import { meanInterval, spreadOf } from '../../../src/evaluation/seed-spread.js';
import type { FoundOutcome, SeedOutcome } from './seeds-outcomes.js';

type Value = number | null | undefined;

/** @param what What the data are no evidence for. @param more Rows of other figures, by seed: a name and a value of each. */
export function seedsReport(
  found: readonly FoundOutcome[],
  what = 'Phantoms: no medical evidence.',
  more: readonly { name: string; of: (seed: number) => number | null }[] = [],
): string {
  const outcomes = found.map(({ outcome }) => outcome);
  const cycles = Math.max(...outcomes.map(({ result }) => result.cycles.length));
  const perCycle = (
    name: string,
    read: (outcome: SeedOutcome, index: number) => Value,
    digits = 3,
    write = cell,
  ): string => {
    const cells = Array.from({ length: cycles }, (_, index) =>
      write(
        outcomes.map((outcome) => read(outcome, index)),
        digits,
      ),
    );
    return `| ${name} | ${cells.join(' | ')} |`;
  };
  const perGain = (name: string, read: (outcome: SeedOutcome, index: number) => Value): string =>
    perCycle(name, read, 1, gainCell);
  /** Of the second over the first, in points. */
  const perPair = (name: string, first: (cycle: number) => string, second: (cycle: number) => string): string =>
    `| ${name} | ${heading.map((_, index) => pairCell(outcomes, first(index + 1), second(index + 1))).join(' | ')} |`;
  const at = ({ result }: SeedOutcome, index: number) => result.cycles[index];
  const heading = Array.from({ length: cycles }, (_, index) => `cycle ${index + 1}`);
  return [
    headline(outcomes, what),
    ...differences(found),
    '',
    `| | ${heading.join(' | ')} |`,
    `|---|${heading.map(() => '---').join('|')}|`,
    perCycle('right among the candidates', (outcome, index) => at(outcome, index)?.rawPrecision),
    perCycle('right among the accepted', (outcome, index) => at(outcome, index)?.acceptedPrecision),
    perCycle('D_gen, samples', (outcome, index) => at(outcome, index)?.datasetSize, 0),
    perCycle('reward model: Spearman', (outcome, index) => at(outcome, index)?.rewardModel.spearman),
    perCycle('reward model: MAE', (outcome, index) => at(outcome, index)?.rewardModel.mae),
    ...more.map(({ name, of }) => perCycle(name, ({ seed }) => of(seed))),
    perCycle('accuracy: base', ({ result }) => result.baseAccuracy),
    perCycle('accuracy: SFT on the trusted samples alone', ({ seedOnly }) => seedOnly),
    perCycle('accuracy: SFT on as many unfiltered', ({ arms }, index) => arms[index]?.['unfiltered-equal']),
    perCycle('accuracy: SFT on all unfiltered', ({ arms }, index) => arms[index]?.['unfiltered-all']),
    perCycle('accuracy: SFT on filtered', (outcome, index) => at(outcome, index)?.accuracy.sft),
    perCycle(
      'accuracy: SFT on filtered, then as much more SFT as GRPO',
      ({ arms }, index) => arms[index]?.['more-sft'],
    ),
    perCycle('accuracy: SFT + GRPO', (outcome, index) => at(outcome, index)?.accuracy.grpo),
    perCycle('held-out trusted questions after SFT: greedy', (outcome, index) => at(outcome, index)?.headroom?.greedy),
    perCycle('of them right in one of the samples', (outcome, index) => at(outcome, index)?.headroom?.pass),
    perCycle('of them right in the sample that R_φ likes best', (outcome, index) => at(outcome, index)?.headroom?.best),
    perGain('per cent of the error that GRPO removes', (outcome, index) => errorCut(at(outcome, index)?.accuracy)),
    perPair('points that GRPO adds to SFT', sft, grpo),
    perPair('points of GRPO above as much more SFT', () => 'more-sft', grpo),
    perPair('points of the filter: above SFT on as many unfiltered', () => 'unfiltered-equal', sft),
    perPair('points above the cycle before', (cycle) => grpo(cycle - 1), grpo),
    perPair('points above SFT on the trusted samples alone', () => 'seed-only', grpo),
    perCycle('minutes, whole run', ({ result }, index) => (index === cycles - 1 ? result.totalSeconds / 60 : null), 1),
    '',
  ].join('\n');
}

function headline(outcomes: readonly SeedOutcome[], what: string): string {
  const seeds = outcomes.map(({ seed }) => seed).join(', ');
  const questions = [...new Set(outcomes.map(({ result }) => result.testQuestions))].join(' or ');
  const many = `${outcomes.length} ${outcomes.length === 1 ? 'seed' : 'seeds'} (${seeds})`;
  return `${many}, ${questions} test questions each; mean ± standard deviation (range); differences with 95 % intervals, over seeds and, paired, over the questions of these seeds. ${what}`;
}

function cell(values: readonly Value[], digits: number): string {
  const spread = spreadOf(values);
  if (spread === null) return '–';
  const text = (value: number): string => value.toFixed(digits);
  const few = spread.n < values.length ? `, of ${spread.n}` : '';
  if (spread.deviation === null) return `${text(spread.mean)}${few}`;
  return `${text(spread.mean)} ± ${text(spread.deviation)} (${text(spread.min)}–${text(spread.max)}${few})`;
}

const sft = (cycle: number): string => `cycle ${cycle} SFT`;
const grpo = (cycle: number): string => `cycle ${cycle} GRPO`;

/** In points. */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
export const fromTo = ({ low, high }: Interval): string => `${signed(low)} to ${signed(high)}`;

/** Its mean, and how sure that is over seeds. */
function gainCell(values: readonly Value[]): string {
  const spread = spreadOf(values);
  if (spread === null) return '–';
  const interval = meanInterval(spread);
  return interval === null ? signed(spread.mean) : `${signed(spread.mean)} (95 %: ${fromTo(interval)})`;
}

/**
 * Points between two policies on the same questions: the mean, how sure that is of any seed (which takes many seeds), and of these
 * seeds, by their questions.
 */
function pairCell(outcomes: readonly SeedOutcome[], first: string, second: string): string {
  const pairs = outcomes.flatMap(({ result, paired }) =>
    [...result.comparisons, ...paired].filter((pair) => pair.first === first && pair.second === second),
  );
  const spread = spreadOf(pairs.map(({ difference }) => 100 * difference));
  if (spread === null) return '–';
  const widths = pairs.map(({ interval }) => (interval === null ? 0 : 50 * (interval.high - interval.low)));
  const half = Math.hypot(...widths) / pairs.length;
  const seeds = meanInterval(spread);
  const few = pairs.length < outcomes.length ? `, of ${pairs.length}` : '';
  return (
    `${signed(spread.mean)} (${seeds === null ? '' : `seeds ${fromTo(seeds)}, `}` +
    `questions ${fromTo({ low: spread.mean - half, high: spread.mean + half })}${few})`
  );
}

/** In per cent; null where SFT left no error to remove. */
function errorCut(accuracy: { sft: number; grpo: number } | undefined): Value {
  if (accuracy === undefined || accuracy.sft === 1) return null;
  return (100 * (accuracy.grpo - accuracy.sft)) / (1 - accuracy.sft);
}

/** Seeds with other settings are no repetition: which settings differ stands above the table. */
function differences(found: readonly FoundOutcome[]): string[] {
  const flat = found.map(({ settings }) => new Map(settings === null ? [] : leaves(settings)));
  const unknown = found.filter(({ settings }) => settings === null).map(({ outcome }) => outcome.seed);
  const known = flat.filter((settings) => settings.size > 0);
  const paths = [...new Set(known.flatMap((settings) => [...settings.keys()]))].filter(
    (path) => new Set(known.map((settings) => settings.get(path))).size > 1,
  );
  const said = (path: string): string => {
    const seeds = Map.groupBy(found.keys(), (index) => flat[index]?.get(path) ?? null);
    return [...seeds].map(([value, of]) => `${value ?? 'not set'} (${seedsOf(of.map((at) => found[at]))})`).join(', ');
  };
  // Most of these came with a later version than that of the run.
  const [later, other] = [true, false].map((isLater) =>
    paths.filter((path) => (new Set(known.flatMap((settings) => settings.get(path) ?? [])).size === 1) === isLater),
  ) as [string[], string[]];
  const earlier = Map.groupBy(later, (path) =>
    seedsOf(found.filter((_, index) => flat[index]?.get(path) === undefined)),
  );
  return [
    ...(unknown.length > 0
      ? ['', `Settings not known, for want of the run's folder: seed ${unknown.join(', ')}.`]
      : []),
    ...(other.length > 0 ? ['', '**The settings of these runs differ:**', ''] : []),
    ...other.map((path) => `- ${path}: ${said(path)}`),
    ...[...earlier].flatMap(([seeds, missing]) => [
      '',
      `Not set in ${seeds}, mostly since their version had no such setting, and the same in all others: ${missing.join(', ')}.`,
    ]),
  ];
}

const seedsOf = (found: readonly (FoundOutcome | undefined)[]): string =>
  `seed ${found.flatMap((one) => one?.outcome.seed ?? []).join(', ')}`;

function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}
