/** What watched the run: alarms, which models were let through, the gold set, probes, and which differences are more than chance. */
import { modelName } from '../../loop/guards/alarm.js';
import { wordsOf } from '../../loop/stage-names.js';
import { spacedName } from '../../format.js';
import type { Transitions } from '../../evaluation/transitions.js';
import { tableOf, type Table } from '../html-table.js';
import type { RunFigures } from '../data/run-figures.js';
import { html, type Content } from '../markup.js';
import { count, decimal, percent, points, probability, signed } from '../numbers.js';
import { sideBySide, type Section } from './section.js';

/** Null where no run is a loop's: a recipe's differences stand with its models. */
export function guards(runs: readonly RunFigures[]): Section | null {
  if (runs.every(({ run }) => run.result === null)) return null;
  return { id: 'guards', title: 'Guards and significance', body: sideBySide(runs, runs.map(contentsOf)) };
}

function contentsOf({ run, rewardModels }: RunFigures): Content {
  const { result } = run;
  if (result === null) return html`<p class="nothing">The run has no result yet.</p>`;
  const tables: [string, Table][] = [
    ['Differences between policies', differencesTable(result.comparisons)],
    [
      'Alarms',
      {
        head: ['cycle', 'stage', 'guard', 'what it found', 'what was done'],
        rows: result.alarms.map(({ cycle, stage, guard, message, action }) => [
          cycle === 0 ? 'before' : cycle,
          wordsOf(stage).name,
          spacedName(guard),
          message,
          { warn: 'told', stop: 'the run was stopped', rollback: 'the cycle was rolled back' }[action],
        ]),
      },
    ],
    [
      'What was let through',
      {
        head: ['cycle', 'model', 'goes on', 'refused', 'because'],
        rows: result.promotions.map(({ cycle, what, promoted, refused, reasons }) => [
          cycle,
          what === 'policy' ? 'policy' : 'reward model',
          modelName(promoted),
          refused.map(modelName).join(', ') || '–',
          reasons.join('; '),
        ]),
      },
    ],
    [
      'Gold set',
      {
        head: ['cycle', 'questions', 'SFT', 'GRPO', 'unread after GRPO', 'R_φ’s mean after SFT', 'after GRPO'],
        rows: result.cycles.flatMap(({ cycle, gold }) =>
          gold === null
            ? []
            : [
                [
                  cycle,
                  count(gold.grpo.n),
                  percent(gold.sft.accuracy),
                  percent(gold.grpo.accuracy),
                  count(gold.grpo.unparsed),
                  decimal(gold.sft.reward),
                  decimal(gold.grpo.reward),
                ],
              ],
        ),
      },
    ],
    ['Probes: how often each reward model ranks the better text first', probesTable(rewardModels)],
  ];
  const found = tables.filter(([, { rows }]) => rows.length > 0);
  if (found.length === 0) return html`<p class="nothing">No guard had anything to look at.</p>`;
  return html`${found.map(
    ([name, table]) =>
      html`<h3>${name}</h3>
        ${tableOf(table, `${name} of ${run.name}`)}`,
  )}`;
}

type Difference = Pick<NonNullable<Transitions['paired']>, 'difference' | 'interval' | 'pValue' | 'n' | 'clusters'> & {
  first: string;
  second: string;
};

/** Also of a recipe's pairs. */
export const differencesTable = (differences: readonly Difference[]): Table => ({
  head: ['from', 'to', 'difference', '95 % interval', 'p', 'questions', 'images or patients'],
  rows: differences.map(({ first, second, difference, interval, pValue, n, clusters }) => [
    first,
    second,
    points(difference),
    interval === null ? '–' : `${signed(interval.low)} to ${signed(interval.high)}`,
    probability(pValue),
    count(n),
    count(clusters),
  ]),
});

function probesTable(models: RunFigures['rewardModels']): Table {
  const kinds = [...new Set(models.flatMap(({ report }) => Object.keys(report.probes ?? {})))];
  return {
    head: ['reward model', ...kinds.map(spacedName)],
    rows: models.flatMap(({ cycle, ofVerdicts, report: { probes } }) =>
      probes === null || kinds.length === 0
        ? []
        : [
            [
              ofVerdicts ? `verdicts before ${cycle}` : cycle,
              ...kinds.map((kind) => {
                const found = probes[kind];
                return found === undefined ? '–' : `${decimal(found.right, 0)} of ${count(found.n)}`;
              }),
            ],
          ],
    ),
  };
}
