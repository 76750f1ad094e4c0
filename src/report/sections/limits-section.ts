/** What the figures may not be taken for. It stands before the figures, not after them. */
import type { RunFigures } from '../data/run-figures.js';
import { html, type Markup } from '../markup.js';
import { sideBySide, type Section } from './section.js';

/** What holds for all runs is said once. */
export function limits(runs: readonly RunFigures[]): Section {
  const [first] = runs;
  const shared = (first?.limits ?? []).filter((item) => runs.every((run) => run.limits.includes(item)));
  const own = runs.map((run) => run.limits.filter((item) => !shared.includes(item)));
  const differing = own.some(({ length }) => length > 0) ? sideBySide(runs, own.map(listOf)) : null;
  return { id: 'limits', title: 'What these figures may not claim', body: html`${listOf(shared)}${differing}` };
}

const listOf = (items: readonly string[]): Markup | null =>
  items.length === 0
    ? null
    : html`<ul class="limits">
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`;
