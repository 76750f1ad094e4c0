/** What is judged: the question, its options, the proposed answer and its rationale, and why this sample is shown. */
import type { ReactElement } from 'react';
import type { ReviewItem } from '../review-messages.js';
import { reasonWords, scoreText } from '../review-words.js';

export function SampleCard({ item }: { item: ReviewItem }): ReactElement {
  const { question, options, answer, rationale, context, modality, questionType, cycle, why } = item;
  return (
    <article className="sample" aria-labelledby="question">
      <p className="about">
        <span>{modality === 'unknown' ? 'modality unknown' : modality}</span> <span>{questionType}</span>{' '}
        <span>cycle {cycle}</span>
      </p>
      <h2 id="question" dir="auto">
        {question}
      </h2>
      {options.length === 0 ? (
        <p className="proposed">
          <span className="name">Proposed answer</span> <span dir="auto">{answer}</span>
        </p>
      ) : (
        <Options options={options} answer={answer} />
      )}
      {rationale !== '' && (
        <section>
          <h3>Rationale</h3>
          <p className="long-text" dir="auto">
            {rationale}
          </p>
        </section>
      )}
      {context !== null && (
        <details>
          <summary>Report or caption beside the image</summary>
          <p className="long-text" dir="auto">
            {context}
          </p>
        </details>
      )}
      <dl className="facts">
        <div>
          <dt>Why this one</dt>
          <dd>{reasonWords[why]}.</dd>
        </div>
        <div>
          <dt>Reward model’s score</dt>
          <dd>
            {item.rewardScore === null
              ? 'hidden until you have judged'
              : `${scoreText(item.rewardScore)}, from −6 (wrong) to 10 (right)`}
          </dd>
        </div>
      </dl>
    </article>
  );
}

function Options({ options, answer }: { options: readonly string[]; answer: string }): ReactElement {
  return (
    <>
      <ol className="options" aria-label="Options">
        {options.map((option) => (
          <li key={option} className={option === answer ? 'chosen' : undefined}>
            <span dir="auto">{option}</span>
            {option === answer && <b className="tag">proposed answer</b>}
          </li>
        ))}
      </ol>
      {!options.includes(answer) && (
        <p className="proposed">
          <span className="name">Proposed answer</span> <span dir="auto">{answer}</span>
        </p>
      )}
    </>
  );
}
