/** Starts the page: the cache of what the server said, the outbox of what it is told, and the desk on top of both. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import type { QueueReply, ReviewItem, Verdict } from '../review-messages.js';
import { desk, DeskError, queries } from './desk-client.js';
import { Outbox, type Sent } from './outbox.js';
import { outboxStorage, storagePrefix } from './page-storage.js';
import { ReviewDesk } from './review-desk.js';

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // Loopback is there without a network.
      networkMode: 'always',
      retry: (_, error) => error instanceof DeskError && error.kind === 'unreachable',
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 5000),
    },
  },
});

/** The server's word on a sample takes the place of what was known of it. */
function learn(sent: Sent): void {
  if (sent.kind === 'verdict') {
    const { verdict, rewardScore } = sent.reply;
    know(verdict.item, verdict.reader, verdict, { rewardScore });
  } else know(sent.item, sent.reader, null, {});
  void cache.invalidateQueries({ queryKey: ['progress'] });
  void cache.invalidateQueries({ queryKey: ['disputed'] });
}

function know(id: string, reader: string, verdict: Verdict | null, seen: { rewardScore?: number | null }): void {
  cache.setQueryData<QueueReply>(
    queries.queue(reader).queryKey,
    (queue) => queue && { items: queue.items.map((item) => (item.id === id ? { id, verdict } : item)) },
  );
  cache.setQueryData<ReviewItem>(queries.item(id, reader).queryKey, (item) => item && { ...item, ...seen, verdict });
}

const outbox = new Outbox({
  storage: outboxStorage,
  prefix: `${storagePrefix}outbox:`,
  send: async (entry) =>
    entry.kind === 'verdict'
      ? { kind: 'verdict', reply: await desk.judge(entry.body) }
      : { kind: 'undo', item: entry.item, reader: entry.body.reader, reply: await desk.undo(entry.body) },
  onSent: learn,
});

// Another tab of the same desk.
addEventListener('storage', () => outbox.reload());
addEventListener('beforeunload', (event) => {
  // While the server is dead the page would not come back; what is unsent would, but nobody knows that.
  if (outbox.state().pending.length > 0) event.preventDefault();
});

const place = document.querySelector('#desk');
if (place !== null)
  createRoot(place).render(
    <QueryClientProvider client={cache}>
      <ReviewDesk outbox={outbox} />
    </QueryClientProvider>,
  );
