/**
 * Pages beside the report for what is too much to stand in it: every accepted sample, every test question that was wrong or
 * changed sides. They name the images' files instead of holding them, so that tens of thousands take seconds.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { fromRun, writeWhole } from '../../loop/folder/run-folder.js';
import { stageKey } from '../../loop/folder/ledger.js';
import type { BesideLink } from './beside-links.js';
import { questionCard } from '../answers/question-card.js';
import { fateWords, fates } from '../answers/fates.js';
import type { RunFigures } from '../data/run-figures.js';
import { documentOf } from '../document.js';
import { html, type Markup } from '../markup.js';
import { count } from '../numbers.js';
import type { Picture } from '../sample-parts.js';
import { sampleCard } from '../sections/gallery-section.js';
import { evenly } from '../data/gallery-samples.js';

export interface BesideOptions {
  /** The report's file, absolute. */
  report: string;
  images: boolean;
  /** Called after each page with how many cards are written, and how many there are. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

interface CardSet {
  what: BesideLink['what'];
  title: string;
  file: string;
  total: number;
  card(index: number): Markup;
}

const cardsOfPage = 100;
const ours = /^(accepted|questions)-\d+(-\d+)?(-[a-z-]+)?\.html$/;

/** The folder beside the report: `report-pages` for report.html. */
export const besideFolder = (report: string): string =>
  join(dirname(report), `${basename(report).replace(/\.html?$/i, '')}-pages`);

/** Writes the pages of all runs, and takes those of an earlier report away. */
export async function writeBeside(runs: readonly RunFigures[], options: BesideOptions): Promise<BesideLink[][]> {
  const folder = besideFolder(options.report);
  if (existsSync(folder))
    for (const name of readdirSync(folder)) if (ours.test(name)) rmSync(join(folder, name), { force: true });
  const sets: CardSet[][] = [];
  for (const [i, run] of runs.entries()) sets.push(await setsOf(run, i, folder, options.images));
  const total = sets.flat().reduce((sum, set) => sum + set.total, 0);
  if (total === 0) return runs.map(() => []);
  mkdirSync(folder, { recursive: true });
  let done = 0;
  for (const set of sets.flat())
    for (let page = 0; page * cardsOfPage < set.total; page++) {
      writeWhole(join(folder, fileOf(set, page)), pageOf(set, page, basename(options.report)));
      done += Math.min(cardsOfPage, set.total - page * cardsOfPage);
      options.onProgress?.(done, total);
      // Others wait for this process too: a screen, a signal.
      await new Promise((resolve) => setImmediate(resolve));
    }
  return sets.map((of) =>
    of.map((set) => ({
      what: set.what,
      href: `${encodeURIComponent(basename(folder))}/${fileOf(set, 0)}`,
      title: set.title,
      total: set.total,
    })),
  );
}

async function setsOf(figures: RunFigures, index: number, folder: string, images: boolean): Promise<CardSet[]> {
  const { run, scores, questions } = figures;
  const pictureOf = (image: string): Picture => (images ? { url: urlTo(folder, fromRun(run.dir, image)) } : null);
  const sets: CardSet[] = [];
  for (const { cycle, decisions } of scores) {
    const file = join(run.dir, stageKey(cycle, 'filter'), 'accepted.parquet');
    if (!existsSync(file)) continue;
    const byId = new Map(decisions.map((decision) => [decision.id, decision]));
    const accepted = (await readSamples(file)).toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));
    sets.push({
      what: 'accepted',
      title: `Accepted samples of cycle ${cycle}, ${run.name}`,
      file: `accepted-${index + 1}-${cycle}`,
      total: accepted.length,
      card: (at) => {
        const sample = accepted[at] as (typeof accepted)[number];
        const decision = byId.get(sample.id) ?? {
          id: sample.id,
          score: sample.score,
          decision: 'accepted',
          correct: null,
        };
        return sampleCard({ sample, decision, image: pictureOf(sample.image) });
      },
    });
  }
  for (const fate of questions === null ? [] : fates) {
    const group = questions?.questions.filter((question) => question.fate === fate) ?? [];
    sets.push({
      what: 'questions',
      title: `Test questions ${fateWords[fate]} with ${questions?.policy}, ${run.name}`,
      file: `questions-${index + 1}-${fate}`,
      total: group.length,
      card: (at) => {
        const question = group[at] as (typeof group)[number];
        return questionCard({ ...question, image: pictureOf(question.sample.image) });
      },
    });
  }
  return sets.filter(({ total }) => total > 0);
}

const fileOf = ({ file }: CardSet, page: number): string => (page === 0 ? `${file}.html` : `${file}-${page + 1}.html`);

/** Works where the report lies in its run, and while both stay where they are. */
const urlTo = (folder: string, file: string): string =>
  relative(folder, file).split(sep).map(encodeURIComponent).join('/');

function pageOf(set: CardSet, page: number, report: string): string {
  const pages = Math.ceil(set.total / cardsOfPage);
  const from = page * cardsOfPage;
  const to = Math.min(set.total, from + cardsOfPage);
  const link = (to_: number, text: string): Markup => html`<li><a href="${fileOf(set, to_)}">${text}</a></li>`;
  const places = [...new Set([...evenly([...Array(pages).keys()], 12), page])].toSorted((a, b) => a - b);
  const body = html`<header>
      <h1>${set.title}</h1>
      <p class="subtitle">
        ${count(from + 1)} to ${count(to)} of ${count(set.total)} ·
        <a href="../${encodeURIComponent(report)}">the report</a>
      </p>
      <nav aria-label="Pages">
        <ul>
          ${page === 0 ? null : link(page - 1, 'before')}${page + 1 === pages ? null : link(page + 1, 'next')}
          ${pages === 1 ? null : places.map((at) => (at === page ? html`<li>${at + 1}</li>` : link(at, String(at + 1))))}
        </ul>
      </nav>
    </header>
    <main>
      <section aria-label="Samples">
        <ul class="samples">
          ${Array.from({ length: to - from }, (_, i) => set.card(from + i))}
        </ul>
      </section>
    </main>`;
  return documentOf({ title: set.title, body, imageSources: "'self' file:" });
}
