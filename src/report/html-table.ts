/** Tables of the page: first column names the row, the others hold figures or words. */
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

/** Figures stay on one line where they are as short as most are; words are read from the left. */
function lookOf(cell: Content, ofWords: boolean): Markup | null {
  const isShort = (typeof cell === 'string' && cell.length <= longestFigure) || typeof cell === 'number';
  const names = [isShort && 'short', ofWords && 'words', cell === '' && 'nil'].filter((name) => name !== false);
  return names.length === 0 ? null : html` class="${names.join(' ')}"`;
}
const longestFigure = 16;

/** A row headed by a bare figure (the number of a cycle) says of what, where its column's heading is out of sight. */
const isFigure = (cell: Content): boolean =>
  typeof cell === 'number' || (typeof cell === 'string' && /^\d+$/.test(cell));

/** Whether a column holds words: cells that begin with a letter, or sentences. */
function holdsWords(rows: Table['rows'], column: number): boolean {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== '' && cell !== '–');
  const isSentence = (cell: Content): boolean => typeof cell === 'string' && cell.length > 3 * longestFigure;
  const isWord = (cell: Content): boolean => typeof cell === 'string' && /^\p{L}/u.test(cell);
  return cells.length > 0 && (cells.every(isWord) || cells.some(isSentence));
}

/** @param name What the table holds; said to screen readers and for a table that scrolls sideways. */
export function tableOf({ head, rows }: Table, name: string): Markup {
  if (rows.length === 0) return html`<p class="nothing">Nothing to list yet.</p>`;
  const kind = stacked.find(([columns]) => head.length >= columns)?.[1];
  const ofWords = head.map((_, column) => holdsWords(rows, column));
  // Browsers forget what a table is when it is laid out as something else.
  const role = (what: string): Markup | null => (kind === undefined ? null : html` role="${what}"`);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${name}, table">
    <table ${kind === undefined ? null : html` class="${kind}"`}${role('table')}>
      <thead ${role('rowgroup')}>
        <tr ${role('row')}>
          ${head.map(
            (cell, i) =>
              html`<th
                scope="col"
                ${role('columnheader')}${i > 0 ? html` class="${ofWords[i] === true ? 'figure words' : 'figure'}"` : null}
              >
                ${cell}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody ${role('rowgroup')}>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr ${role('row')}>
              <th
                scope="row"
                ${role('rowheader')}${lookOf(first, false)}${kind === undefined || !isFigure(first) ? null : html` data-head="${head[0] ?? ''}"`}
              >
                ${first}
              </th>
              ${rest.map(
                (cell, i) =>
                  html`<td
                    ${role('cell')}${lookOf(cell, ofWords[i + 1] === true)}${kind === undefined ? null : html` data-head="${head[i + 1] ?? ''}"`}
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
