/** Tables of the page: first column names the row, the others hold figures. */
import { html, type Content, type Markup } from './markup.js';

export interface Table {
  head: readonly string[];
  rows: readonly (readonly Content[])[];
}

/** @param name What the table holds; said to screen readers and for a table that scrolls sideways. */
export function tableOf({ head, rows }: Table, name: string): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${name}, table">
    <table>
      <thead>
        <tr>
          ${head.map((cell, i) => html`<th scope="col" ${i > 0 ? html` class="figure"` : null}>${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${rest.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
