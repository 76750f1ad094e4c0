/** The short table a run ends with. */
import type { RunResult } from '../../loop/result/run-result.js';
import { judgeWords } from '../../loop/judge/judge-figures.js';
import { reviewLines } from '../../loop/review/review-text.js';
import { headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import {
  formatNumber,
  formatSeconds,
  formatTable,
  percent,
  percentPair,
  probability,
  signedPoints,
} from '../../format.js';

export function summaryOf(result: RunResult, runDir: string): string {
  const header = ['cycle', 'candidates', 'accepted', 'precision', 'D_gen', 'R_φ ρ', 'τ', 'base', 'SFT', 'GRPO', 'time'];
  const base = ['base', '', '', '', '', '', '', percent(result.baseAccuracy), '', '', ''];
  const rows = result.cycles.map((cycle) => [
    `${cycle.cycle}${cycle.rolledBack ? '*' : ''}`,
    String(cycle.candidates),
    String(cycle.accepted),
    percentPair(cycle.rawPrecision, cycle.acceptedPrecision, ' → '),
    String(cycle.datasetSize),
    formatNumber(cycle.rewardModel.spearman),
    formatNumber(cycle.tau, 2),
    '',
    percent(cycle.accuracy.sft),
    percent(cycle.accuracy.grpo),
    formatSeconds(Object.values(cycle.seconds).reduce((total, seconds) => total + seconds, 0)),
  ]);
  return [
    '',
    formatTable([header, base, ...rows]),
    '',
    `precision: share of samples that say the truth, before → after the filter; SFT, GRPO: top-1 accuracy on ${result.testQuestions}`,
    'held-out questions (base: before training); R_φ ρ: rank correlation of the reward model on held-out graded texts.',
    ...(result.cycles.some(({ rolledBack }) => rolledBack) ? ['*: rolled back: nothing of this cycle goes on.'] : []),
    ...comparisonLines(result.comparisons),
    result.notice,
    ...judgeLines(result),
    ...headroomLines(result),
    ...(result.review === null ? [] : ['', ...reviewLines(result.review)]),
    ...warningLines(result.warnings),
    '',
    `run folder: ${runDir}`,
  ].join('\n');
}

/** What a judge said beside R_φ in each cycle. */
function judgeLines({ cycles }: RunResult): string[] {
  const lines = cycles.flatMap(({ cycle, judge }) =>
    judge === undefined ? [] : [`cycle ${cycle}: ${judgeWords(judge)}`],
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What held-out questions said of GRPO in each cycle, and where it was left out for it. */
function headroomLines({ cycles }: RunResult): string[] {
  const lines = cycles.flatMap(({ cycle, headroom, grpoSkipped }) => {
    if (grpoSkipped !== null) return [`cycle ${cycle}: ${grpoSkipped}`];
    return headroom === null ? [] : [`cycle ${cycle}: ${headroomWords(headroom)}`];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Nobody reads figures for what is not there: what is wrong with them stands by itself. */
export const warningLines = (warnings: readonly string[]): string[] =>
  warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `warning: ${warning}`)];

/** What is more than chance, and what is not: of the newest cycle, which tells of the whole way. */
function comparisonLines(all: RunResult['comparisons']): string[] {
  const newest = /^cycle \d+ /.exec(all.at(-1)?.second ?? '')?.[0] ?? '';
  const comparisons = all.filter(({ second }) => second.startsWith(newest));
  const [about] = comparisons;
  if (about === undefined) return [];
  const rows = comparisons.map(({ first, second, pValue, ...paired }) => [
    `${first} → ${second}`,
    ...differenceCells({ ...paired, pValue }),
    probability(pValue),
  ]);
  const { n, clusters } = about;
  const drawn = clusters < n ? ` about ${clusters} images or patients, which are drawn together` : '';
  return [
    '',
    formatTable([['policies compared', 'difference', '95 % interval', 'p'], ...rows]),
    `difference of accuracy in points, paired on the same ${n} test questions${drawn}; p: McNemar's exact test, or its like`,
    '',
  ];
}

type Paired = Pick<RunResult['comparisons'][number], 'difference' | 'interval' | 'pValue'>;

/** `+3.1` and `−0.4 to +6.7`; dashes in results of earlier versions. */
export function differenceCells(paired: Paired | undefined): string[] {
  if (paired === undefined) return ['–', '–'];
  const { difference, interval } = paired;
  return [
    signedPoints(difference),
    interval === null ? '–' : `${signedPoints(interval.low)} to ${signedPoints(interval.high)}`,
  ];
}
