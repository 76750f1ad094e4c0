/** Samples that readers judge differently, one at a time, with what each of them said. */
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import type { Verdict } from '../review-messages.js';
import { queries } from './desk-client.js';
import { ImageViewer } from './image-viewer.js';
import { Keys } from './keyboard.js';
import { verdictWords } from '../review-words.js';
import { Waiting } from './progress-panel.js';
import { SampleCard } from './sample-card.js';

export function DisputedView({ reader, onJudge }: { reader: string; onJudge: (item: string) => void }): ReactElement {
  const { data, error, failureReason } = useQuery(queries.disputed());
  const [wanted, setWanted] = useState(0);
  const items = data?.items ?? [];
  // Fewer may be left than there were.
  const at = Math.max(0, Math.min(wanted, items.length - 1));
  const go = (to: number): void => setWanted(Math.max(0, Math.min(to, items.length - 1)));
  const current = items[at];
  if (data === undefined) return <Waiting what="Disputed samples are fetched" error={error ?? failureReason} />;
  if (current === undefined)
    return <p className="waiting">No sample is disputed: where two readers judged the same one, they agree.</p>;
  return (
    <>
      <nav className="steps" aria-label="Disputed samples">
        <button type="button" disabled={at === 0} aria-label="Previous disputed sample" onClick={() => go(at - 1)}>
          ← <span className="word">Previous</span>
        </button>
        <span>
          Disputed sample <b>{at + 1}</b> of {items.length}
        </span>
        <button
          type="button"
          disabled={at === items.length - 1}
          aria-label="Next disputed sample"
          onClick={() => go(at + 1)}
        >
          <span className="word">Next</span> →
        </button>
      </nav>
      <DisputedSample
        key={current.id}
        id={current.id}
        verdicts={current.verdicts}
        reader={reader}
        onJudge={() => onJudge(current.id)}
      />
      <Keys
        bindings={[
          { keys: ['ArrowLeft'], label: 'Previous disputed sample', act: () => go(at - 1), always: true },
          { keys: ['ArrowRight'], label: 'Next disputed sample', act: () => go(at + 1), always: true },
        ]}
      />
    </>
  );
}

function DisputedSample({
  id,
  verdicts,
  reader,
  onJudge,
}: {
  id: string;
  verdicts: readonly Verdict[];
  reader: string;
  onJudge: () => void;
}): ReactElement {
  const { data: item } = useQuery(queries.item(id, reader));
  return (
    <div className="two-sides">
      {item === undefined ? <div className="viewer" aria-busy="true" /> : <ImageViewer item={item} />}
      <div className="side reading">
        {item !== undefined && <SampleCard item={item} />}
        <section aria-labelledby="said">
          <h3 id="said">What the readers said</h3>
          <ul className="said">
            {verdicts.map(
              ({ id: verdictId, reader: who, verdict, correctedAnswer, comment, at, seconds, scoreSeen }) => (
                <li key={verdictId}>
                  <p>
                    <b>{who}</b> <span className={`tag ${verdict}`}>{verdictWords[verdict].label}</span>
                  </p>
                  {correctedAnswer !== undefined && <p>Right answer: {correctedAnswer}</p>}
                  {comment !== undefined && <p className="long-text">“{comment}”</p>}
                  <p className="name">
                    {new Date(at).toLocaleString()}, after {Math.round(seconds)} s
                    {scoreSeen && ', having seen the score'}
                  </p>
                </li>
              ),
            )}
          </ul>
        </section>
        <button type="button" onClick={onJudge}>
          {verdicts.some(({ reader: who }) => who === reader) ? 'Judge it again' : 'Judge it too'}
        </button>
      </div>
    </div>
  );
}
