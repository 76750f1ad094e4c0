/** Accepted and rejected samples as a person would judge them: image, question, options, answer, rationale, score. */
import type { CycleGallery, GalleryItem } from '../data/gallery-samples.js';
import type { RunFigures } from '../data/run-figures.js';
import { html, type Markup } from '../markup.js';
import { decimal } from '../numbers.js';
import { clip, picture, type Picture } from '../sample-parts.js';
import { linksTo, type BesideLink } from '../pages/beside-links.js';
import { sideBySide, type Section } from './section.js';

/** @param links Of each run, to all that were accepted. */
export function gallery(runs: readonly RunFigures[], links: readonly (readonly BesideLink[])[]): Section {
  const lead = html`<p class="lead">
    Taken at even distances in the order of the scores, from the highest to the lowest of each kind; not chosen by
    anyone. Images are scaled down.
  </p>`;
  const galleries = runs.map(({ gallery: cycles }, run) =>
    cycles.length === 0
      ? html`<p class="nothing">No candidate was scored and filtered yet.</p>`
      : html`${linksTo(links[run] ?? [])}${cycles.map((cycle, i) => cycleOf(cycle, i === cycles.length - 1))}`,
  );
  return { id: 'gallery', title: 'Samples', body: html`${lead}${sideBySide(runs, galleries)}` };
}

function cycleOf({ cycle, tau, accepted, rejected }: CycleGallery, open: boolean): Markup {
  return html`<details class="gallery" ${open ? html` open` : null}>
    <summary>Cycle ${cycle}, τ = ${decimal(tau)}</summary>
    ${group('Accepted', accepted)}${group('Rejected', rejected)}
  </details>`;
}

function group(name: string, items: readonly GalleryItem[]): Markup {
  return html`<p class="kind">${name}</p>
    ${
      items.length === 0
        ? html`<p class="nothing">None.</p>`
        : html`<ul class="samples">
            ${items.map(sampleCard)}
          </ul>`
    }`;
}

/** Also of the pages beside the report, which name the image's file. */
export function sampleCard({
  sample,
  decision,
  image,
}: Pick<GalleryItem, 'sample' | 'decision'> & { image: Picture }): Markup {
  const truth = decision.correct === null ? null : decision.correct ? 'true' : 'wrong';
  return html`<li>
    ${picture(image, sample.modality)}
    <p class="score">
      ${reasonOf(decision.decision)}
      <b>${decimal(sample.score)}</b
      >${truth === null ? null : html` <span class="truth ${truth}">answer is ${truth}</span>`}
    </p>
    <p class="question">${clip(sample.question)}</p>
    ${
      sample.options.length === 0
        ? html`<p>Answer: <b>${clip(sample.answer)}</b></p>`
        : html`<ul class="options">
            ${sample.options.map((option) =>
              option === sample.answer
                ? html`<li class="chosen"><b>${clip(option)}</b> <span>(answer)</span></li>`
                : html`<li>${clip(option)}</li>`,
            )}
          </ul>`
    }
    ${sample.rationale === '' ? null : html`<p class="rationale">${clip(sample.rationale)}</p>`}
    <p class="source">
      ${sample.modality} ·
      ${sample.questionType}${sample.provenance.strategy === null ? null : ` · ${sample.provenance.strategy}`}
    </p>
  </li>`;
}

const reasonOf = (decision: string): string => reasons[decision] ?? `refused by ${decision} at`;
const reasons: Readonly<Record<string, string>> = {
  accepted: 'accepted at',
  overlap: 'in D_gen already, at',
  'near-duplicate': 'nearly in D_gen already, at',
  'below-threshold': 'below τ at',
  'gate-failed': 'no by the judge at',
  'too-few-points': 'too few points from the judge at',
  'not-judged': 'no verdict of the judge at',
};
