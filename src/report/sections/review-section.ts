/** How far D_gen can be trusted, as experts judged it; left out where nobody did. */
import { reviewNote, reviewRows } from '../../loop/review/review-text.js';
import type { RunFigures } from '../data/run-figures.js';
import { tableOf } from '../html-table.js';
import { html } from '../markup.js';
import { sideBySide, type Section } from './section.js';

export function review(runs: readonly RunFigures[]): Section | null {
  if (runs.every((figures) => figures.review === null)) return null;
  const tables = runs.map(({ run, review: summary }) =>
    summary === null
      ? html`<p class="nothing">Nobody has judged samples of this run.</p>`
      : tableOf({ head: ['figure', 'value'], rows: reviewRows(summary) }, `What experts said of ${run.name}`),
  );
  return {
    id: 'review',
    title: 'What experts say',
    body: html`<p>${reviewNote}</p>
      ${sideBySide(runs, tables)}`,
  };
}
