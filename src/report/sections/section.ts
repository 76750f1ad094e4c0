/** What a part of the page is made of: a heading, a lead, and the figures of each run beside those of the others. */
import { drawChart, type Chart } from '../charts/chart.js';
import type { RunFigures } from '../data/run-figures.js';
import { html, type Content, type Markup } from '../markup.js';

export interface Section {
  id: string;
  title: string;
  body: Markup;
}

/** @returns One column per run; a single run has no column and no name of its own. */
export function sideBySide(runs: readonly RunFigures[], contents: readonly Content[]): Markup {
  if (runs.length === 1) return html`${contents[0]}`;
  return html`<div class="runs">
    ${runs.map(
      ({ run }, i) =>
        html`<section class="run">
          <h3>${run.name}</h3>
          ${contents[i]}
        </section>`,
    )}
  </div>`;
}

/** What is read by few: a line that opens. */
export const folded = (title: string, body: Content): Markup =>
  html`<details>
    <summary>${title}</summary>
    ${body}
  </details>`;

/** Charts in a grid; a sentence where there are none. */
export async function figures(charts: readonly (Chart | null)[], otherwise: string): Promise<Markup> {
  const drawn: Markup[] = [];
  for (const chart of charts) if (chart !== null) drawn.push(await drawChart(chart));
  return drawn.length === 0 ? html`<p class="nothing">${otherwise}</p>` : html`<div class="figures">${drawn}</div>`;
}

/** The same charts for every run. */
export async function figuresOfRuns(
  runs: readonly RunFigures[],
  charts: (run: RunFigures) => readonly (Chart | null)[],
  otherwise: string,
): Promise<Markup> {
  const found: Markup[] = [];
  for (const run of runs) found.push(await figures(charts(run), otherwise));
  return sideBySide(runs, found);
}
