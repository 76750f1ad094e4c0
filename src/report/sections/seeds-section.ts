/** One recipe with several seeds: mean and spread. It stands before the runs themselves. */
import { heatMap } from '../charts/heat-map-chart.js';
import {
  pooledAccuracy,
  pooledDataScale,
  pooledDifferences,
  pooledByModality,
  pooledTable,
  pooledTransfer,
} from '../charts/seeds-charts.js';
import { repetitions } from '../data/repetitions.js';
import type { RunFigures } from '../data/run-figures.js';
import { html, type Markup } from '../markup.js';
import { tableOf } from '../html-table.js';
import { figures, folded, type Section } from './section.js';

/** Null where no recipe was run with several seeds. */
export async function seeds(runs: readonly RunFigures[]): Promise<Section | null> {
  const groups = repetitions(runs.map(({ run }) => run));
  if (groups.length === 0) return null;
  const parts: Markup[] = [];
  for (const { runs: same, pooled } of groups) {
    const names = same.map(({ name }) => name).join(', ');
    const differences = pooledDifferences(pooled);
    const charts = [pooledAccuracy(pooled), pooledDataScale(pooled), ...pooledTransfer(pooled).map(heatMap)];
    parts.push(
      html`<p class="lead">
          ${names}: the same settings with the seeds ${pooled.seeds.join(', ')}. ± is one standard deviation over these
          seeds; so few tell its size only roughly.
        </p>
        ${tableOf(pooledTable(pooled), `Models over the seeds of ${names}`)}
        ${folded('By modality', tableOf(pooledByModality(pooled), `Models by modality over the seeds of ${names}`))}
        ${differences === null ? null : tableOf(differences, `Differences over the seeds of ${names}`)}
        ${await figures(charts, 'No model was measured yet.')}`,
    );
  }
  return { id: 'seeds', title: 'Over several seeds', body: html`${parts}` };
}
