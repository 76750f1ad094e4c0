/** The queue, one sample at a time: judge, go on, go back, take back. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import type { Session } from '../review-messages.js';
import { queries } from './desk-client.js';
import { ItemDesk, type Judgement } from './item-desk.js';
import { Keys, type KeyBinding } from './keyboard.js';
import type { Entry, Outbox } from './outbox.js';
import { Estimates, Waiting } from './progress-panel.js';
import { lastJudged, nextOpen, placesOf, type Place } from './queue-marks.js';
import { counted, scoreText, verdictWords } from '../review-words.js';

/** The same verdict sooner than this, in milliseconds, is a key or button that was pressed twice: nobody saw the sample. */
const doublePress = 300;

interface JudgingProps {
  session: Session;
  reader: string;
  outbox: Outbox;
  pending: readonly Entry[];
  /** Sample to begin with, as an address names it; null: the first that is not judged. */
  start: string | null;
  onPlace: (item: string) => void;
}

export function JudgingView(props: JudgingProps): ReactElement {
  const { reader, pending } = props;
  const { data: queue, error, failureReason } = useQuery(queries.queue(reader));
  const places = useMemo(() => (queue === undefined ? [] : placesOf(queue, pending, reader)), [queue, pending, reader]);
  if (queue === undefined) return <Waiting what="The samples are fetched" error={error ?? failureReason} />;
  if (places.length === 0) return <p className="waiting">There is no sample to judge in this run yet.</p>;
  return <Queue {...props} places={places} />;
}

function Queue(props: JudgingProps & { places: readonly Place[] }): ReactElement {
  const { session, reader, outbox, places, start, onPlace } = props;
  const [at, setAt] = useState(() => firstPlace(places, start));
  const [said, setSaid] = useState('');
  const place = at === -1 ? undefined : places[at];
  const last = lastJudged(places);
  useEffect(() => {
    if (place !== undefined) onPlace(place.item);
    // The place is told when it changes, not when the one who hears it does.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [place?.item]);
  usePrefetch(places, at, reader);

  const before = useRef({ said: '', at: 0 });
  const go = (to: number, what = ''): void => {
    setAt(to);
    setSaid(to === -1 ? `${what} That was the last of the queue.` : `${what} Sample ${to + 1} of ${places.length}.`);
    scrollTo({ top: 0 });
  };
  const step = (by: number): void =>
    go(Math.max(0, Math.min(places.length - 1, at === -1 ? places.length - 1 : at + by)));
  const judge = ({ verdict, ...judgement }: Judgement): void => {
    const now = performance.now();
    // Another right answer is another verdict, however fast.
    const words = `${verdict} ${judgement.correctedAnswer ?? ''}`;
    const twice = words === before.current.said && now - before.current.at < doublePress;
    if (place === undefined || twice) return;
    before.current = { said: words, at: now };
    const id = crypto.randomUUID();
    outbox.add(...(place.mark === null ? [] : [undoOf(place.mark.id, place.item, reader)]), {
      kind: 'verdict',
      body: { id, item: place.item, reader, verdict, ...judgement },
    });
    // This one, the only one left, counts as open until `places` is told.
    const next = nextOpen(places, at + 1);
    go(next === at ? -1 : next, `${verdictWords[verdict].done}.`);
  };
  const undo = (): void => {
    if (last === null) return;
    outbox.add(undoOf(last.mark.id, last.item, reader));
    go(last.at, `${verdictWords[last.mark.verdict].done} taken back.`);
  };
  const moves: KeyBinding[] = [
    { keys: ['u'], label: 'Undo your last verdict', act: undo },
    { keys: ['ArrowLeft'], label: 'Previous sample', act: () => step(-1), always: true },
    { keys: ['ArrowRight'], label: 'Next sample', act: () => step(1), always: true },
    { keys: ['n'], label: 'Next sample that is not judged', act: () => go(nextOpen(places, at + 1)) },
  ];
  return (
    <>
      <p className="hidden" role="status">
        {said}
      </p>
      <Steps places={places} at={at} onStep={step} />
      {last === null ? (
        <p className="last">Nothing is judged yet.</p>
      ) : (
        <LastVerdict last={last} reader={reader} onUndo={undo} />
      )}
      {place === undefined ? (
        <Finished places={places} moves={moves} onSkipped={(skipped) => go(skipped)} />
      ) : (
        <ItemDesk
          key={place.item}
          id={place.item}
          mark={place.mark}
          verdicts={session.verdicts}
          reader={reader}
          moves={moves}
          onJudge={judge}
        />
      )}
      <Estimates reader={reader} />
    </>
  );
}

const undoOf = (of: string, item: string, reader: string): Entry => ({
  kind: 'undo',
  item,
  body: { id: crypto.randomUUID(), of, reader },
});

function firstPlace(places: readonly Place[], start: string | null): number {
  const named = places.findIndex(({ item }) => encodeURIComponent(item) === start);
  return named >= 0 ? named : nextOpen(places, 0);
}

/** What comes next is there before it is asked for. */
function usePrefetch(places: readonly Place[], at: number, reader: string): void {
  const cache = useQueryClient();
  const next = at === -1 ? undefined : places[nextOpen(places, at + 1)]?.item;
  useEffect(() => {
    if (next === undefined) return;
    void cache
      .fetchQuery(queries.item(next, reader))
      .then(({ image }) => cache.prefetchQuery(queries.picture(image)))
      // Told when the reader gets there.
      .catch(() => {});
  }, [cache, next, reader]);
}

function Steps({
  places,
  at,
  onStep,
}: {
  places: readonly Place[];
  at: number;
  onStep: (by: number) => void;
}): ReactElement {
  const done = places.filter(({ mark }) => mark !== null).length;
  const skipped = places.filter(({ mark }) => mark?.verdict === 'skip').length;
  const unsent = places.filter(({ mark }) => mark?.saved === false).length;
  return (
    <nav className="steps" aria-label="Samples">
      <button type="button" disabled={at === 0} aria-label="Previous sample" onClick={() => onStep(-1)}>
        ← <span className="word">Previous</span>
      </button>
      <div className="how-far">
        <span>
          {at === -1 ? 'The end of the queue' : `Sample ${at + 1} of ${places.length}`}
          <span className="name">
            {' '}
            · {done - skipped} judged
            {skipped > 0 && `, ${skipped} skipped`}
            {unsent > 0 && `, ${unsent} not saved yet`}
          </span>
        </span>
        <progress aria-label="Judged samples" max={places.length} value={done} />
      </div>
      <button
        type="button"
        disabled={at === -1 || at === places.length - 1}
        aria-label="Next sample"
        onClick={() => onStep(1)}
      >
        <span className="word">Next</span> →
      </button>
    </nav>
  );
}

function LastVerdict({
  last: { at, item, mark },
  reader,
  onUndo,
}: {
  last: NonNullable<ReturnType<typeof lastJudged>>;
  reader: string;
  onUndo: () => void;
}): ReactElement {
  const { data } = useQuery({ ...queries.item(item, reader), enabled: false });
  const score = data?.rewardScore ?? null;
  return (
    <p className="last">
      <span>
        <b>{verdictWords[mark.verdict].done}</b>: sample {at + 1}
        {score !== null && mark.saved && `, scored ${scoreText(score)}`}
        {mark.correctedAnswer !== undefined && `, right is “${mark.correctedAnswer}”`}
      </span>
      <button type="button" className="plain" onClick={onUndo}>
        Undo <kbd aria-hidden="true">U</kbd>
      </button>
    </p>
  );
}

function Finished({
  places,
  moves,
  onSkipped,
}: {
  places: readonly Place[];
  moves: readonly KeyBinding[];
  onSkipped: (at: number) => void;
}): ReactElement {
  const skipped = places.filter(({ mark }) => mark?.verdict === 'skip').length;
  return (
    <section className="finished">
      <h2>
        {skipped === 0
          ? `All ${counted(places.length, 'sample')} of the queue are judged`
          : `${counted(places.length - skipped, 'sample')} of the queue ${places.length - skipped === 1 ? 'is' : 'are'} judged, ${skipped} skipped`}
      </h2>
      <p>
        Stop the desk with Ctrl-C in its terminal. The next run takes your verdicts up with <code>--with-verdicts</code>
        .
      </p>
      {skipped > 0 && (
        <button type="button" onClick={() => onSkipped(places.findIndex(({ mark }) => mark?.verdict === 'skip'))}>
          Look again at {counted(skipped, 'skipped sample')}
        </button>
      )}
      <Keys bindings={moves} />
    </section>
  );
}
