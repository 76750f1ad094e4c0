/** The sections that are charts: accuracy, transitions, scores, reward models, learning curves, time. */
import { accuracyByCycle, accuracyByGroup, accuracyHeat } from '../charts/accuracy-chart.js';
import { curveCharts } from '../charts/curves-chart.js';
import { heatMap } from '../charts/heat-map-chart.js';
import { gradeCalibration, reliability } from '../charts/reward-model-chart.js';
import { precisionOfFilter, scoreDistribution } from '../charts/scores-chart.js';
import { timeChart } from '../charts/time-chart.js';
import { transitionChart } from '../charts/transitions-chart.js';
import type { RunFigures } from '../data/run-figures.js';
import type { CycleCost } from '../data/time-spent.js';
import { html } from '../markup.js';
import { count, decimal } from '../numbers.js';
import { tableOf } from '../html-table.js';
import { armLabels } from './recipe-section.js';
import { figures, figuresOfRuns, sideBySide, type Section } from './section.js';

export async function accuracy(runs: readonly RunFigures[]): Promise<Section> {
  const body = await figuresOfRuns(
    runs,
    ({ evaluations, transitions }) => [
      accuracyByCycle(evaluations),
      accuracyByGroup(evaluations, 'byModality'),
      accuracyByGroup(evaluations, 'byQuestionType'),
      transitions === null ? null : transitionChart(transitions),
      heatMap(accuracyHeat(evaluations, 'byModality')),
      heatMap(accuracyHeat(evaluations, 'byQuestionType')),
    ],
    'No policy was measured yet.',
  );
  return { id: 'accuracy', title: 'Accuracy of the policy', body };
}

export async function scores(runs: readonly RunFigures[]): Promise<Section> {
  const body = await figuresOfRuns(
    runs,
    (run) => [precisionOfFilter(run.scores), ...run.scores.map(scoreDistribution)],
    'Nothing was filtered yet.',
  );
  return { id: 'scores', title: 'Scores and the filter', body };
}

export async function rewardModels(runs: readonly RunFigures[]): Promise<Section> {
  const body = await figuresOfRuns(
    runs,
    (run) => run.rewardModels.flatMap((model) => [gradeCalibration(model), reliability(model)]),
    'No reward model was trained yet.',
  );
  return { id: 'reward-models', title: 'Calibration of the reward model', body };
}

export async function learning(runs: readonly RunFigures[]): Promise<Section> {
  const body = await figuresOfRuns(
    runs,
    ({ curves, run }) => curveCharts(curves, armLabels(run.comparison)),
    'Nothing was trained yet.',
  );
  return { id: 'learning', title: 'Learning curves', body };
}

/** An amount without its currency says little: where none was kept, that is said. */
function costHead(costs: readonly CycleCost[]): string {
  const currencies = [...new Set(costs.flatMap(({ currency }) => currency ?? []))];
  if (currencies.length > 0) return `cost of replies, ${currencies.join(' and ')}`;
  return costs.some(({ cost }) => cost !== null) ? 'cost of replies, currency not recorded' : 'cost of replies';
}

export async function time(runs: readonly RunFigures[]): Promise<Section> {
  const found = [];
  for (const { costs, run } of runs) {
    const used = costs.filter(({ seconds }) => seconds > 0);
    const table = {
      head: ['cycle', 'requests', 'tokens asked', 'tokens answered', costHead(used), 'tokens trained on'],
      rows: used.map((cost) => [
        cost.cycle === 0 ? 'before' : cost.cycle,
        count(cost.requests),
        count(cost.inputTokens),
        count(cost.outputTokens),
        decimal(cost.cost, 4),
        count(cost.trainedTokens),
      ]),
    };
    found.push(
      // Below the chart: beside it, a table that measures its place for itself has none.
      html`${await figures([timeChart(costs)], 'No stage is finished yet.')}${used.length === 0 ? null : tableOf(table, `Requests and tokens of ${run.name}`)}`,
    );
  }
  return { id: 'time', title: 'Cost and time', body: sideBySide(runs, found) };
}
