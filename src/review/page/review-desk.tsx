/** The page as a whole: who is reading, the header, and under it the samples to judge or those in dispute. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore, type ReactElement } from 'react';
import type { Session } from '../review-messages.js';
import { queries } from './desk-client.js';
import { JudgingView } from './judging.js';
import { DisputedView } from './disputed-view.js';
import type { Outbox } from './outbox.js';
import { recall, remember } from './page-storage.js';
import { SendingNotice, Waiting } from './progress-panel.js';

export function ReviewDesk({ outbox }: { outbox: Outbox }): ReactElement {
  const { data: session, failureReason, error } = useQuery(queries.session());
  const [reader, setReader] = useState(() => recall('reader'));
  if (session === undefined)
    return (
      <main>
        <h1>Review desk</h1>
        <Waiting what="It opens" error={error ?? failureReason} />
      </main>
    );
  if (reader === null)
    return (
      <ReaderGate
        session={session}
        onReader={(name) => {
          remember('reader', name);
          setReader(name);
        }}
      />
    );
  return <Desk key={reader} session={session} reader={reader} outbox={outbox} onChangeReader={() => setReader(null)} />;
}

function ReaderGate({ session, onReader }: { session: Session; onReader: (name: string) => void }): ReactElement {
  const [name, setName] = useState('');
  return (
    <main className="gate">
      <h1>Review desk of {session.run}</h1>
      {session.notice !== '' && <p className="banner">{session.notice}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // As the server spells it.
          if (name.trim() !== '') onReader(name.trim().normalize('NFC'));
        }}
      >
        <label htmlFor="reader">Your name or initials</label>
        <p id="reader-use" className="name">
          They stand beside each verdict, so that two readers can be compared. The page sends them to nobody but the
          medgr2 that serves it.
        </p>
        <input
          id="reader"
          name="reader"
          list="readers"
          aria-describedby="reader-use"
          autoComplete="off"
          required
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <datalist id="readers">
          {session.readers.map((known) => (
            <option key={known}>{known}</option>
          ))}
        </datalist>
        <button type="submit" className="primary">
          Start
        </button>
      </form>
    </main>
  );
}

function Desk({
  session,
  reader,
  outbox,
  onChangeReader,
}: {
  session: Session;
  reader: string;
  outbox: Outbox;
  onChangeReader: () => void;
}): ReactElement {
  const sending = useSyncExternalStore(outbox.subscribe, outbox.state);
  const { data: progress } = useQuery(queries.progress(reader));
  const route = useRoute();
  return (
    <>
      <a className="skip-link" href="#main" onClick={focusMain}>
        To the sample
      </a>
      <header>
        <h1>
          Review desk <span className="name">{session.run}</span>
        </h1>
        <nav aria-label="Views">
          <a href="#/" aria-current={route.view === 'judge' ? 'page' : undefined}>
            Judge
          </a>
          <a href="#/disputed" aria-current={route.view === 'disputed' ? 'page' : undefined}>
            Disputed{progress === undefined ? '' : ` (${progress.disputed})`}
          </a>
        </nav>
        <p className="reader">
          <span className="name">Reader</span> {reader}{' '}
          <button type="button" className="plain" onClick={onChangeReader}>
            Change
          </button>
        </p>
      </header>
      <main id="main" tabIndex={-1}>
        {session.notice !== '' && (
          <details className="notice-line">
            <summary>What these data are</summary>
            <p>{session.notice}</p>
          </details>
        )}
        <SendingNotice outbox={outbox} state={sending} />
        {route.view === 'disputed' ? (
          <DisputedView reader={reader} onJudge={(item) => location.assign(itemAddress(item))} />
        ) : (
          <JudgingView
            key={route.visit}
            session={session}
            reader={reader}
            outbox={outbox}
            pending={sending.pending}
            start={route.item}
            onPlace={(item) => history.replaceState(null, '', itemAddress(item))}
          />
        )}
      </main>
    </>
  );
}

/** The fragment belongs to the route: a link to `#main` would change it. */
function focusMain(event: React.MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

const itemAddress = (item: string): string => `#/item/${encodeURIComponent(item)}`;

interface Route {
  view: 'judge' | 'disputed';
  /** Named by the address, in its escapes; null: the first that is not judged. */
  item: string | null;
  /** Counts arrivals: the address that follows the reader's own steps is none. */
  visit: number;
}

function routeOf(fragment: string, visit: number): Route {
  const item = /^#\/item\/(.+)$/.exec(fragment)?.[1];
  return {
    view: fragment === '#/disputed' ? 'disputed' : 'judge',
    item: item ?? null,
    visit,
  };
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash, 0));
  useEffect(() => {
    const arrive = (): void => setRoute(({ visit }) => routeOf(location.hash, visit + 1));
    addEventListener('hashchange', arrive);
    return () => removeEventListener('hashchange', arrive);
  }, []);
  return route;
}
