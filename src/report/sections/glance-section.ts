/** The loop at a glance: for each run its state and main figures, and what each cycle turned into what. */
import type { Evaluation } from '../data/evaluations.js';
import type { ComparisonResult } from '../../loop/comparison/comparison-result.js';
import { datasetSizeOf, type RunFigures } from '../data/run-figures.js';
import type { CycleScores } from '../data/candidate-scores.js';
import { html, type Markup } from '../markup.js';
import { count, decimal, duration, pText, percent, percentPair, percentWithin, points } from '../numbers.js';
import { tableOf } from '../html-table.js';
import { sideBySide, type Section } from './section.js';

export function glance(runs: readonly RunFigures[]): Section {
  return { id: 'glance', title: 'The loop at a glance', body: sideBySide(runs, runs.map(glanceOf)) };
}

function glanceOf(figures: RunFigures): Markup {
  if (figures.run.comparison !== null) return tilesOf(recipeTiles(figures.run.comparison));
  return html`${tilesOf(loopTiles(figures))}${flow(figures)}${
    figures.scores.length === 0 ? null : tableOf(cycleTable(figures), `Cycles of ${figures.run.name}`)
  }`;
}

/** Name, value and remark. */
type Tile = readonly [string, string, string | null];

function recipeTiles({ recipe, arms, testQuestions, totalSeconds }: ComparisonResult): Tile[] {
  return [
    ['recipe', recipe, null],
    ['models measured', count(arms.length), null],
    ['test questions', count(testQuestions), null],
    ['time', duration(totalSeconds), null],
  ];
}

function loopTiles({ run, evaluations, standing, scores, costs, transitions }: RunFigures): Tile[] {
  const base = evaluations.find(({ method }) => method === 'base');
  const last = standing ?? undefined;
  const newest = scores.at(-1);
  const seconds = costs.reduce((sum, cost) => sum + cost.seconds, 0);
  const begun = costs.filter((cost) => cost.seconds > 0 && cost.cycle > 0).length;
  const change =
    base === undefined || last === undefined || last === base
      ? null
      : `${points(last.accuracy - base.accuracy)} from the base${transitions === null ? '' : `, ${pText(transitions.pValue)}`}`;
  return [
    ['base accuracy', percent(base?.accuracy), intervalOf(base)],
    ...(last === undefined || last === base
      ? []
      : [[`accuracy after cycle ${last.cycle} (${last.method})`, percent(last.accuracy), change] as const]),
    ...(newest === undefined
      ? []
      : [
          [
            'samples in D_gen',
            count(datasetSizeOf({ run, scores })),
            `${count(total(scores, 'candidates'))} candidates`,
          ] as const,
          ...(newest.filter.rawPrecision === null
            ? []
            : [
                [
                  'precision, newest cycle',
                  percent(newest.filter.acceptedPrecision),
                  `${percent(newest.filter.rawPrecision)} before the filter`,
                ] as const,
              ]),
        ]),
    ['time', duration(seconds), begun === 1 ? '1 cycle begun' : `${begun} cycles begun`],
  ];
}

function tilesOf(tiles: readonly Tile[]): Markup {
  return html`<dl class="tiles">
    ${tiles.map(
      ([name, value, note]) =>
        html`<div>
          <dt>${name}</dt>
          <dd><b>${value}</b>${note === null ? null : html`<span>${note}</span>`}</dd>
        </div>`,
    )}
  </dl>`;
}

const total = (scores: readonly CycleScores[], field: 'candidates' | 'accepted'): number =>
  scores.reduce((sum, { filter }) => sum + filter[field], 0);

const intervalOf = (evaluation: Evaluation | undefined): string | null =>
  evaluation?.interval === null || evaluation === undefined
    ? null
    : `95 %: ${percentPair(evaluation.interval.low, evaluation.interval.high, ' to ')}`;

/** One row of steps per cycle, as the loop does them. */
function flow({ run, evaluations, scores, costs, rewardModels }: RunFigures): Markup {
  const cycles = scores.map((item) => {
    const { cycle, filter } = item;
    const of = (method: string): number | undefined =>
      evaluations.find((found) => found.cycle === cycle && found.method === method)?.accuracy;
    const undone = run.result?.cycles.some((done) => done.cycle === cycle && done.rolledBack) === true;
    const requests = costs.find((cost) => cost.cycle === cycle)?.requests;
    const retrained = rewardModels.find((model) => model.cycle === cycle && !model.ofVerdicts);
    const steps: readonly (readonly [string, string])[] = [
      ['requests', count(requests)],
      ['candidates', count(filter.candidates)],
      [`above τ ${decimal(filter.tau)}`, count(filter.accepted)],
      ['D_gen', count(filter.datasetSize)],
      ['SFT', percent(of('SFT'))],
      ['GRPO', percent(of('GRPO'))],
      ['reward model ρ', decimal(retrained?.report.spearman)],
    ];
    return html`<li>
      <span class="cycle">Cycle ${cycle}${undone ? ', rolled back' : ''}</span>
      <ol>
        ${steps.map(([name, value]) => html`<li><b>${value}</b> <span>${name}</span></li>`)}
      </ol>
    </li>`;
  });
  return cycles.length === 0
    ? html``
    : html`<ul class="flow">
        ${cycles}
      </ul>`;
}

function cycleTable({ run, evaluations, scores, rewardModels, costs }: RunFigures) {
  const of = (cycle: number, method: string): Evaluation | undefined =>
    evaluations.find((item) => item.cycle === cycle && item.method === method);
  const base = of(0, 'base');
  const cell = (item: Evaluation | undefined): string => percentWithin(item?.accuracy, item?.interval);
  return {
    head: ['cycle', 'candidates', 'accepted', 'precision before', 'after', 'τ', 'R_φ rank', 'SFT', 'GRPO', 'time'],
    rows: [
      // Neither SFT nor GRPO made it; its interval stands in its tile.
      [
        `base: ${percent(base?.accuracy)}`,
        '',
        '',
        '',
        '',
        '',
        '',
        '',
        '',
        duration(costs.find(({ cycle }) => cycle === 0)?.seconds),
      ],
      ...scores.map(({ cycle, filter }) => [
        cycle,
        count(filter.candidates),
        count(filter.accepted),
        percent(filter.rawPrecision),
        percent(filter.acceptedPrecision),
        decimal(filter.tau),
        decimal(
          run.result?.cycles.find((item) => item.cycle === cycle)?.rewardModel.spearman ??
            scoredBy(rewardModels, cycle),
        ),
        cell(of(cycle, 'SFT')),
        cell(of(cycle, 'GRPO')),
        duration(costs.find((cost) => cost.cycle === cycle)?.seconds),
      ]),
    ],
  };
}

/** The reward model that scored a cycle: the one that learned verdicts before it, else the newest of an earlier one. */
const scoredBy = (models: RunFigures['rewardModels'], cycle: number): number | null =>
  models.findLast((model) => model.cycle < (model.ofVerdicts ? cycle + 1 : cycle))?.report.spearman ?? null;
