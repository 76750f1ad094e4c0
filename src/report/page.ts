/** The whole page as text: a policy that lets nothing be loaded or run, a style sheet, and the sections in reading order. */
import type { RunFigures } from './data/run-figures.js';
import { answers } from './answers/answers-section.js';
import { documentOf } from './document.js';
import { html, type Markup } from './markup.js';
import type { BesideLink } from './pages/beside-links.js';
import * as charts from './sections/chart-sections.js';
import { comparison } from './sections/comparison-section.js';
import { gallery } from './sections/gallery-section.js';
import { glance } from './sections/glance-section.js';
import { guards } from './sections/guards-section.js';
import { headroom } from './sections/headroom-section.js';
import { judge } from './sections/judge-section.js';
import { opening } from './sections/opening-section.js';
import { limits } from './sections/limits-section.js';
import { recipe } from './sections/recipe-section.js';
import { review } from './sections/review-section.js';
import type { Section } from './sections/section.js';
import { seeds } from './sections/seeds-section.js';
import { setup } from './sections/setup-section.js';

export interface PageOptions {
  /** medgr2's version. */
  version: string;
  /** When the page was made. */
  time: Date;
  /** Of each run, to pages beside this one. */
  links: readonly (readonly BesideLink[])[];
}

export async function pageOf(runs: readonly RunFigures[], options: PageOptions): Promise<string> {
  const linksOf = (what: BesideLink['what']): BesideLink[][] =>
    options.links.map((links) => links.filter((link) => link.what === what));
  const several = runs.length > 1;
  const loops = runs.some(({ run }) => run.comparison === null);
  const parts: (Section | null)[] = [
    ...(several ? [await seeds(runs), await comparison(runs)] : []),
    answers(runs, linksOf('questions')),
    await recipe(runs),
    glance(runs),
    review(runs),
    limits(runs),
    guards(runs),
    loops ? await charts.accuracy(runs) : null,
    judge(runs),
    headroom(runs),
    loops || runs.some((run) => run.scores.length > 0) ? await charts.scores(runs) : null,
    loops || runs.some((run) => run.rewardModels.length > 0) ? await charts.rewardModels(runs) : null,
    await charts.learning(runs),
    await charts.time(runs),
    loops || runs.some((run) => run.gallery.length > 0) ? gallery(runs, linksOf('accepted')) : null,
    setup(runs),
  ];
  const sections = parts.filter((part) => part !== null);
  const names = runs.map(({ run }) => run.name);
  const title = several ? `${names.length} runs of ${kindsOf(runs)}: ${names.join(', ')}` : `Run ${names[0] ?? ''}`;
  const body = html`<a class="skip" href="#${sections[0]?.id ?? 'glance'}">Skip to the figures</a>
    <header>
      <h1>${title}</h1>
      <p class="subtitle">
        ${runs.map(({ run }) => state(run.status, names.length > 1 ? run.name : null))} A report of the MedGR² loop,
        made from the run’s folder alone.
      </p>
      ${opening(runs)} ${banner(runs)}
      <nav aria-label="Sections">
        <ul>
          ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
        </ul>
      </nav>
    </header>
    <main>
      ${sections.map(
        ({ id, title: name, body: contents }) =>
          html`<section id="${id}" aria-labelledby="${id}-title">
            <h2 id="${id}-title">${name}</h2>
            ${contents}
          </section> `,
      )}
    </main>
    <footer>
      <p>
        Made by medgr2 ${options.version} on ${options.time.toISOString().slice(0, 16).replace('T', ' ')} UTC. This page
        loads nothing and runs no script.
      </p>
    </footer>`;
  return documentOf({ title, body });
}

/** `data-scale`, `the loop`, or both. */
const kindsOf = (runs: readonly RunFigures[]): string =>
  [...new Set(runs.map(({ run }) => run.comparison?.recipe ?? 'the loop'))].join(' and ');

const state = (status: string, name: string | null): Markup =>
  html`<span class="state ${status}">${name === null ? status : `${name}: ${status}`}</span> `;

/** Notices and failures, each once, before anything else. */
function banner(runs: readonly RunFigures[]): Markup | null {
  const many = runs.length > 1;
  const lines = runs.flatMap(({ run }) => [
    ...(run.notice === null ? [] : [run.notice]),
    ...(run.status === 'failed'
      ? [`${many ? `${run.name}: the` : 'The'} run failed: ${run.error ?? 'no reason was recorded'}`]
      : []),
    ...(run.status === 'unfinished'
      ? [`${many ? `${run.name}: the` : 'The'} run has not come to its end; figures are of what is finished.`]
      : []),
    ...(run.status === 'interrupted'
      ? [`${many ? `${run.name}: the` : 'The'} run was stopped; figures are of what was finished.`]
      : []),
  ]);
  const each = [...new Set(lines)];
  return each.length === 0 ? null : html`<div class="banner">${each.map((line) => html`<p>${line}</p>`)}</div>`;
}
