/** Several runs in one table, and the settings in which they differ. */
import { accuracyOfRuns } from '../charts/accuracy-chart.js';
import { drawChart } from '../charts/chart.js';
import { policyName } from '../data/evaluations.js';
import { datasetSizeOf, type RunFigures } from '../data/run-figures.js';
import { differingSettings } from '../data/differing-settings.js';
import { html } from '../markup.js';
import { count, duration, percent, percentWithin, points, signed } from '../numbers.js';
import { runsApart } from '../answers/runs-apart.js';
import { differencesTable } from './guards-section.js';
import { tableOf, type Table } from '../html-table.js';
import type { Section } from './section.js';

export async function comparison(runs: readonly RunFigures[]): Promise<Section> {
  const measured = runs.filter(({ evaluations }) => evaluations.length > 0);
  const differences = settingsThatDiffer(runs);
  const same = sameAnswers(measured);
  const apart = runsApart(runs);
  const chart = accuracyOfRuns(measured.map(({ run, evaluations }) => ({ name: run.name, evaluations })));
  return {
    id: 'comparison',
    title: 'The runs beside each other',
    body: html`${same.map((names) => html`<p>${names.join(' and ')} gave the same answers to every test question: they are one and the same result.</p>`)}
      ${tableOf(withoutEmpty(outcomes(runs)), 'Outcomes of the runs')}
      ${measured.length === 0 ? null : await drawChart(chart)}
      ${
        apart.differences.length === 0
          ? null
          : html`<h3>Differences between the runs</h3>
              <p>
                The policies that go on, on the same test questions; an interval that holds 0, or p above 0.05, may be
                chance alone. Questions about one image count together. Of more than five runs each is set beside the
                first.
              </p>
              ${tableOf(differencesTable(apart.differences), 'Differences between the runs')}`
      }
      ${apart.others.length === 0 ? null : html`<p>${otherQuestions(apart.others)}</p>`}
      <h3>Settings that differ</h3>
      ${differences.rows.length === 0 ? html`<p>None: the runs were made with the same settings.</p>` : tableOf(differences, 'Settings that differ')}`,
  };
}

function otherQuestions(pairs: readonly (readonly [string, string])[]): string {
  const [first] = pairs;
  if (first === undefined) return '';
  const named = pairs.slice(0, 3).map((names) => names.join(' and '));
  const more = pairs.length > named.length ? `, and ${pairs.length - named.length} more pairs` : '';
  return `How far these differ beyond chance cannot be told, since they were tested on other questions or their folders no longer hold questions and answers: ${named.join('; ')}${more}.`;
}

/** Names of runs whose policies all answered alike, each group of at least two. */
function sameAnswers(runs: readonly RunFigures[]): string[][] {
  const told = (figures: RunFigures): string =>
    JSON.stringify(figures.evaluations.map(({ label, answers }) => [label, answers.map(({ predicted }) => predicted)]));
  const answered = runs.filter(({ evaluations }) => evaluations.some(({ answers }) => answers.length > 0));
  return [...Map.groupBy(answered, told).values()]
    .filter(({ length }) => length > 1)
    .map((group) => group.map(({ run }) => run.name));
}

function outcomes(runs: readonly RunFigures[]): Table {
  return {
    head: ['run', 'state', 'seed', 'questions', 'base', 'policy that goes on', 'change', 'D_gen', 'precision', 'time'],
    rows: runs.map(({ run, evaluations, standing, transitions, scores, costs }) => {
      const base = evaluations.find(({ method }) => method === 'base');
      const last = standing === base ? undefined : (standing ?? undefined);
      const paired = transitions?.paired?.interval ?? null;
      const filter = scores.at(-1)?.filter;
      return [
        run.name,
        run.status,
        (run.result ?? run.comparison)?.seed ?? run.settings.seed,
        count(base?.n),
        percentWithin(base?.accuracy, base?.interval),
        last === undefined ? '–' : `${policyName(last)}: ${percentWithin(last.accuracy, last.interval)}`,
        base === undefined || last === undefined
          ? '–'
          : `${points(last.accuracy - base.accuracy)}${paired === null ? '' : ` (${signed(paired.low)} to ${signed(paired.high)})`}`,
        count(datasetSizeOf({ run, scores })),
        filter === undefined ? '–' : `${percent(filter.rawPrecision)} → ${percent(filter.acceptedPrecision)}`,
        duration(costs.reduce((sum, { seconds }) => sum + seconds, 0)),
      ];
    }),
  };
}

/** Recipes that compare models have no policy that goes through cycles, and no filter. */
function withoutEmpty({ head, rows }: Table): Table {
  const isTold = head.map((_, column) => rows.some((row) => row[column] !== '–'));
  return {
    head: head.filter((_, column) => isTold[column]),
    rows: rows.map((row) => row.filter((_, column) => isTold[column])),
  };
}

function settingsThatDiffer(runs: readonly RunFigures[]): Table {
  const differing = differingSettings(runs.map(({ run }) => run.configText));
  return {
    head: ['setting', ...runs.map(({ run }) => run.name)],
    rows: [...differing].map(([key, values]) => [key, ...values.map((value) => value ?? '–')]),
  };
}
