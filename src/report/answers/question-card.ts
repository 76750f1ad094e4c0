/** One test question as a person would judge it: image, question, truth, and what each policy answered. */
import { html, type Markup } from '../markup.js';
import { clip, picture, type Picture } from '../sample-parts.js';
import type { AnsweredQuestion } from './answered-questions.js';

export function questionCard({
  sample,
  given,
  image,
}: Pick<AnsweredQuestion, 'sample' | 'given'> & { image: Picture }): Markup {
  return html`<li>
    ${picture(image, sample.modality)}
    <p class="question">${clip(sample.question)}</p>
    <dl class="given">
      <dt>truth</dt>
      <dd><b>${clip(sample.answer)}</b></dd>
      ${given.map(
        ({ policy, predicted, correct }) =>
          html`<dt>${policy}</dt>
            <dd>
              ${predicted === null ? 'no answer found' : clip(predicted)}
              <span class="truth ${correct ? 'right' : 'wrong'}">${correct ? 'right' : 'wrong'}</span>
            </dd>`,
      )}
    </dl>
    <p class="source">${sample.modality} · ${sample.questionType} · ${sample.id}</p>
  </li>`;
}
