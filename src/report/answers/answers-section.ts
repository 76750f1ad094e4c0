/** Test images it got wrong, newly wrong and newly right: numbers that lead to the questions, and what is taken for what. */
import type { RunFigures } from '../data/run-figures.js';
import { tableOf } from '../html-table.js';
import { html, type Content, type Markup } from '../markup.js';
import { count } from '../numbers.js';
import { inTableOrder } from '../../sample.js';
import { linksTo, type BesideLink } from '../pages/beside-links.js';
import { sideBySide, type Section } from '../sections/section.js';
import { confusionsOf } from './confusions.js';
import { questionCard } from './question-card.js';
import { fates, fateWords, type Fate } from './fates.js';
import type { AnsweredQuestion, TestQuestions } from './answered-questions.js';

/** Null where no run has questions that could be shown. @param links Of each run. */
export function answers(runs: readonly RunFigures[], links: readonly (readonly BesideLink[])[]): Section | null {
  if (runs.every(({ questions }) => questions === null)) return null;
  const body = runs.map(({ run, questions }, i) =>
    questions === null
      ? html`<p class="nothing">No policy beside the base was measured yet, or its answers are not there.</p>`
      : contentsOf(questions, run.name, runs.length === 1 ? '' : `run-${i + 1}-`, links[i] ?? []),
  );
  return {
    id: 'answers',
    title: 'Test images it got wrong, newly wrong and newly right',
    body: sideBySide(runs, body),
  };
}

function contentsOf(questions: TestQuestions, run: string, prefix: string, links: readonly BesideLink[]): Markup {
  const of = (fate: Fate): AnsweredQuestion[] => questions.questions.filter((question) => question.fate === fate);
  const [newly, still, right] = fates.map((fate) => of(fate).length) as [number, number, number];
  return html`<p class="lead">
      Of ${count(questions.n)} test questions, ${questions.policy} gets ${count(newly + still)} wrong: ${count(still)}
      that the base got wrong too and ${count(newly)} that it had right. ${count(right)} are newly right. A number leads
      to its questions.
    </p>
    ${tableOf(crossTable(questions.questions, prefix), `Questions by modality of ${run}`)}
    ${fates.map((fate) => foldOf(fate, of(fate), prefix))} ${linksTo(links)}
    <h3>What ${questions.policy} takes for what</h3>
    ${confusionsOf(questions.answered).map(
      (confusions) =>
        html`<details>
          <summary>
            ${confusions.questionType}: ${count(confusions.asked - confusions.right)} of ${count(confusions.asked)}
            wrong
          </summary>
          ${
            confusions.rows.length === 0
              ? html`<p class="nothing">Every answer was right.</p>`
              : tableOf(
                  {
                    head: ['truth', 'asked', 'right', 'answered instead'],
                    rows: confusions.rows.map(({ truth, asked, right: correct, instead }) => [
                      truth,
                      count(asked),
                      count(correct),
                      instead.map(({ answer, n }) => `${answer ?? 'no answer'} ${count(n)}`).join(', '),
                    ]),
                  },
                  `Confusions of ${confusions.questionType}, ${run}`,
                )
          }
          ${confusions.others === 0 ? null : html`<p class="nothing">${count(confusions.others)} other answers with errors.</p>`}
        </details>`,
    )}`;
}

const anchor = (prefix: string, fate: Fate, modality: string): string =>
  `${prefix}${fate}-${modality.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;

function crossTable(questions: readonly AnsweredQuestion[], prefix: string) {
  const numberOf = (fate: Fate, modality: string | null): number =>
    questions.filter((item) => item.fate === fate && (modality === null || item.sample.modality === modality)).length;
  const modalities = inTableOrder(questions.map(({ sample }) => sample.modality));
  const cell = (fate: Fate, modality: string): Content => {
    const n = numberOf(fate, modality);
    return n === 0 ? '0' : html`<a href="#${anchor(prefix, fate, modality)}">${count(n)}</a>`;
  };
  return {
    head: ['modality', ...fates.map((fate) => fateWords[fate])],
    rows: [
      ...modalities.map((modality) => [modality, ...fates.map((fate) => cell(fate, modality))]),
      ['all', ...fates.map((fate) => count(numberOf(fate, null)))],
    ],
  };
}

/** A link to a modality within opens it. */
function foldOf(fate: Fate, questions: readonly AnsweredQuestion[], prefix: string): Markup | null {
  if (questions.length === 0) return null;
  const byModality = Map.groupBy(questions, ({ sample }) => sample.modality);
  const groups = inTableOrder(byModality.keys()).map((modality) => {
    const group = byModality.get(modality as AnsweredQuestion['sample']['modality']) ?? [];
    const shown = group.slice(0, shownOf(group));
    const rest = group.length - shown.length;
    return html`<div id="${anchor(prefix, fate, modality)}">
      <p class="kind">${modality}: ${count(group.length)} ${fateWords[fate]}</p>
      <ul class="samples">
        ${shown.map(questionCard)}
      </ul>
      ${rest === 0 ? null : html`<p class="nothing">${count(rest)} more stand in the pages below.</p>`}
    </div>`;
  });
  return html`<details class="questions">
    <summary>${count(questions.length)} ${fateWords[fate]}</summary>
    ${groups}
  </details>`;
}

/** Those with an image come first; a page without images shows as many. */
const shownOf = (group: readonly AnsweredQuestion[]): number =>
  Math.max(leastShown, group.filter(({ image }) => image !== null).length);
const leastShown = 12;
