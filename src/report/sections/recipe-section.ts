/** What a recipe that compares models came to. Runs of the loop have no such section. */
import { heatMap } from '../charts/heat-map-chart.js';
import { armAccuracy, armHeat, armTable, modalityTable, dataScale, transferHeats } from '../charts/recipe-charts.js';
import { transitionChart } from '../charts/transitions-chart.js';
import type { RunFigures } from '../data/run-figures.js';
import type { ComparisonResult } from '../../loop/comparison/comparison-result.js';
import { html, type Content, type Markup } from '../markup.js';
import { differencesTable } from './guards-section.js';
import { tableOf } from '../html-table.js';
import { figures, folded, sideBySide, type Section } from './section.js';

/** The label of an arm by its name; a name that has none stays. */
export function armLabels(comparison: ComparisonResult | null): (name: string) => string {
  const labels = new Map((comparison?.arms ?? []).map(({ name, label }) => [name, label]));
  return (name) => labels.get(name) ?? name;
}

/** Null where no run compares models. */
export async function recipe(runs: readonly RunFigures[]): Promise<Section | null> {
  if (runs.every(({ run }) => run.comparison === null)) return null;
  const found: Content[] = [];
  for (const { run } of runs) {
    const { comparison } = run;
    if (comparison === null) {
      found.push(html`<p class="nothing">This run is one of the loop; see below.</p>`);
      continue;
    }
    const labelOf = armLabels(comparison);
    const transitions = comparison.transitions.map((flow) => ({
      ...flow,
      first: labelOf(flow.first),
      second: labelOf(flow.second),
    }));
    const charts = [
      armAccuracy(comparison),
      dataScale(comparison.curves),
      ...(comparison.grid === null ? [] : transferHeats(comparison.grid).map(heatMap)),
      heatMap(armHeat(comparison)),
      ...transitions.map(transitionChart),
    ];
    found.push(
      html`${tableOf(armTable(comparison), `Models of ${run.name}`)}${folded('By modality', tableOf(modalityTable(comparison), `Models by modality of ${run.name}`))}${differences(transitions, run.name)}${await figures(charts, 'No model was measured yet.')}`,
    );
  }
  return { id: 'recipe', title: 'The models compared', body: sideBySide(runs, found) };
}

/** Of the pairs that the recipe compares; null in results of earlier versions, which have no intervals of them. */
function differences(transitions: ComparisonResult['transitions'], name: string): Markup | null {
  const pairs = transitions.flatMap(({ first, second, paired }) =>
    paired === undefined ? [] : [{ first, second, ...paired }],
  );
  return pairs.length === 0 ? null : tableOf(differencesTable(pairs), `Differences between models of ${name}`);
}
