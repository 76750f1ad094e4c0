/** How far the reader is, what the verdicts say so far, and whether all of them have reached the server. */
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { Estimate } from '../review-messages.js';
import { DeskError, queries } from './desk-client.js';
import type { Outbox, OutboxState } from './outbox.js';
import { counted, estimateText, sentence, verdictWords } from '../review-words.js';

export function Estimates({ reader }: { reader: string }): ReactElement | null {
  const { data } = useQuery(queries.progress(reader));
  if (data === undefined) return null;
  const { precision, recall, kappa } = data.estimates;
  return (
    <details className="estimates">
      <summary>What the verdicts say so far</summary>
      <dl className="facts">
        <Figure
          name="Precision of D_gen"
          estimate={precision}
          of="verdict"
          none="no random accepted sample is judged"
        />
        <Figure name="Recall of the filter" estimate={recall} of="verdict" none="no random rejected sample is judged" />
        <Figure name="Agreement of readers (κ)" estimate={kappa} of="pair" none="no sample has two readers" />
      </dl>
      <p className="name">Of all readers. Samples count by the probability with which they were drawn.</p>
    </details>
  );
}

function Figure(props: {
  name: string;
  estimate: Estimate | null;
  of: 'verdict' | 'pair';
  none: string;
}): ReactElement {
  const { name, estimate, of, none } = props;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {estimate === null
          ? `– (${none} yet)`
          : `${estimateText(estimate, of === 'verdict')}, ${counted(estimate.n, of)}`}
      </dd>
    </div>
  );
}

/** Says plainly what has not reached the server, and what will not. */
export function SendingNotice({ outbox, state }: { outbox: Outbox; state: OutboxState }): ReactElement {
  const { pending, refused, trouble, kept } = state;
  return (
    <div className="notices" role="status">
      {trouble !== null && pending.length > 0 && (
        <div className="banner">
          <p>
            <b>{sentence(trouble.message)}</b> {counted(pending.length, 'verdict')} of yours{' '}
            {pending.length === 1 ? 'is' : 'are'}{' '}
            {kept ? 'kept in this browser and sent again' : 'not saved anywhere: do not close this page'}. You can go on
            judging. {trouble.remedy}
          </p>
          <button type="button" onClick={() => outbox.retry()}>
            Send now
          </button>
        </div>
      )}
      {refused.map(({ key, entry, message, remedy }) => (
        <div className="banner" key={key}>
          <p>
            <b>
              Not taken: {entry.kind === 'undo' ? 'undo' : `“${verdictWords[entry.body.verdict].label}”`} for sample{' '}
              {entry.kind === 'undo' ? entry.item : entry.body.item}.
            </b>{' '}
            {sentence(message)} {remedy}
          </p>
          <button type="button" onClick={() => outbox.dismiss(key)}>
            I have seen it
          </button>
        </div>
      ))}
    </div>
  );
}

/** In the place of what is not there yet; asked for again and again where the server is dead. */
export function Waiting({ what, error }: { what: string; error: Error | null }): ReactElement {
  const remedy = error instanceof DeskError ? error.remedy : '';
  return (
    <p className="waiting" role="status">
      {error === null ? `${what} …` : `${sentence(error.message)} ${remedy}`}
    </p>
  );
}
