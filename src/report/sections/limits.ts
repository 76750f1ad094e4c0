/** What the figures may not be taken for. It stands before the figures, not after them. */
import type { RunFigures } from '../data/run-figures.js';
import { html } from '../markup.js';
import { sideBySide, type Section } from './section.js';

export function limits(runs: readonly RunFigures[]): Section {
  const lists = runs.map(
    ({ limits: items }) =>
      html`<ul class="limits">
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`,
  );
  return { id: 'limits', title: 'What these figures may not claim', body: sideBySide(runs, lists) };
}
