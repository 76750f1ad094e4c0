/** Tables of the page: first column names the row, the others hold figures. */
import { html, type Content, type Markup } from './markup.js';

export interface Table {
  head: readonly string[];
  rows: readonly (readonly Content[])[];
}

/** Tables of so many columns become a list of rows, each figure with its heading, where their place is narrow: see the style sheet. */
const stacked = [
  [11, 'stacks broad widest'],
  [7, 'stacks broad'],
  [4, 'stacks'],
] as const;

/** Figures stay on one line where they are as short as most are. */
const lookOf = (cell: Content): Markup | null =>
  (typeof cell === 'string' && cell.length <= longestFigure) || typeof cell === 'number' ? html` class="short"` : null;
const longestFigure = 16;

/** @param name What the table holds; said to screen readers and for a table that scrolls sideways. */
export function tableOf({ head, rows }: Table, name: string): Markup {
  if (rows.length === 0) return html`<p class="nothing">Nothing to list yet.</p>`;
  const kind = stacked.find(([columns]) => head.length >= columns)?.[1];
  // Browsers forget what a table is when it is laid out as something else.
  const role = (what: string): Markup | null => (kind === undefined ? null : html` role="${what}"`);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${name}, table">
    <table ${kind === undefined ? null : html` class="${kind}"`}${role('table')}>
      <thead ${role('rowgroup')}>
        <tr ${role('row')}>
          ${head.map(
            (cell, i) =>
              html`<th scope="col" ${role('columnheader')}${i > 0 ? html` class="figure"` : null}>${cell}</th>`,
          )}
        </tr>
      </thead>
      <tbody ${role('rowgroup')}>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr ${role('row')}>
              <th scope="row" ${role('rowheader')}${lookOf(first)}>${first}</th>
              ${rest.map(
                (cell, i) =>
                  html`<td
                    ${role('cell')}${lookOf(cell)}${kind === undefined ? null : html` data-head="${head[i + 1] ?? ''}"`}
                  >
                    ${cell}
                  </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
