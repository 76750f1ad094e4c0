/** Links from the report to the pages beside it. */
import { html, type Markup } from '../markup.js';
import { count } from '../numbers.js';

/** Where a set of pages begins. */
export interface BesideLink {
  what: 'accepted' | 'questions';
  /** Relative to the report. */
  href: string;
  title: string;
  total: number;
}

/** Null where there are none. */
export const linksTo = (links: readonly BesideLink[]): Markup | null =>
  links.length === 0
    ? null
    : html`<p>
        In the pages beside this one:
        ${links.map(
          ({ href, title, total }, i) =>
            html`${i === 0 ? null : ' · '}<a href="${href}">${title}</a> (${count(total)})`,
        )}
      </p>`;
