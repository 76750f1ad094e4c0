/** What a judge said of each cycle's candidates: beside R_φ, and beside the truth where it is known. */
import { judgeWords, type JudgeFigures } from '../../loop/judge/judge-figures.js';
import type { RunFigures } from '../data/run-figures.js';
import { tableOf, type Table } from '../html-table.js';
import { html, type Content } from '../markup.js';
import { count, decimal, percent } from '../numbers.js';
import { sideBySide, type Section } from './section.js';

interface JudgedCycle {
  cycle: number;
  judge: JudgeFigures;
}

const judgedCycles = ({ run }: RunFigures): JudgedCycle[] =>
  (run.result?.cycles ?? []).flatMap(({ cycle, judge: found }) =>
    found === undefined ? [] : [{ cycle, judge: found }],
  );

/** Null where no run asked a judge. */
export function judge(runs: readonly RunFigures[]): Section | null {
  const found = runs.map(judgedCycles);
  if (found.every((cycles) => cycles.length === 0)) return null;
  return { id: 'judge', title: 'The judge beside R_φ', body: sideBySide(runs, found.map(contentsOf)) };
}

function contentsOf(cycles: readonly JudgedCycle[]): Content {
  if (cycles.length === 0) return html`<p class="nothing">No judge was asked.</p>`;
  const known = cycles.some(({ judge: { truth } }) => truth !== null);
  return html`${cycles.map(({ cycle, judge: figures }) => html`<p>Cycle ${cycle}: ${judgeWords(figures)}.</p>`)}
  ${tableOf(agreementTable(cycles), 'Who lets candidates pass')}
  ${known ? tableOf(truthTable(cycles), 'What they are worth by the truth') : null}`;
}

const agreementTable = (cycles: readonly JudgedCycle[]): Table => ({
  head: [
    'cycle',
    'judged',
    'no verdict',
    'both',
    'judge alone',
    'R_φ alone',
    'neither',
    'agree',
    'κ',
    'mean points',
    'gates that failed',
  ],
  rows: cycles.map(({ cycle, judge: figures }) => [
    cycle,
    count(figures.judged),
    count(figures.unjudged),
    count(figures.both),
    count(figures.onlyJudge),
    count(figures.onlyRewardModel),
    count(figures.neither),
    percent(figures.agreement),
    decimal(figures.kappa),
    percent(figures.meanPoints),
    Object.entries(figures.failedGates)
      .toSorted(([, a], [, b]) => b - a)
      .map(([gate, failed]) => `${gate} ${failed}`)
      .join(', ') || '–',
  ]),
});

const truthTable = (cycles: readonly JudgedCycle[]): Table => ({
  head: ['cycle', 'who', 'let pass', 'right of those', 'of all right ones'],
  rows: cycles.flatMap(({ cycle, judge: { truth } }) =>
    truth === null
      ? []
      : (
          [
            ['judge', truth.judge],
            ['R_φ', truth.rewardModel],
            ['both', truth.both],
          ] as const
        ).map(([who, { passed, precision, recall }]) => [
          cycle,
          who,
          count(passed),
          percent(precision),
          percent(recall),
        ]),
  ),
});
