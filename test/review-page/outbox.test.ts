/** What a reader judged is kept until the server has it, is sent in its order, and is counted once. */
import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { DeskError } from '../../src/review/page/desk-client.js';
import { Outbox, type Entry, type Sent } from '../../src/review/page/outbox.js';

class MemoryStorage {
  readonly kept = new Map<string, string>();
  full = false;
  get length(): number {
    return this.kept.size;
  }
  key = (at: number): string | null => [...this.kept.keys()][at] ?? null;
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  removeItem = (key: string): void => void this.kept.delete(key);
  setItem = (key: string, value: string): void => {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.kept.set(key, value);
  };
}

const verdictOf = (item: string): Entry => ({
  kind: 'verdict',
  body: { id: randomUUID(), item, reader: 'AB', verdict: 'accept', seconds: 1, scoreSeen: false },
});
const dead = new DeskError('unreachable', 'The server does not answer', 'start it');
const itemOf = (entry: Entry): string => (entry.kind === 'undo' ? `undo ${entry.item}` : entry.body.item);

function outboxOn(storage: MemoryStorage, send: (entry: Entry) => Promise<Sent>) {
  const sent: Sent[] = [];
  const outbox = new Outbox({ storage, prefix: 'box:', send, onSent: (one) => sent.push(one), delays: [1] });
  return { outbox, sent };
}

const taken = (entry: Entry): Promise<Sent> =>
  Promise.resolve({ kind: 'undo', item: itemOf(entry), reader: 'AB', reply: { undone: entry.body.id } });

test('entries are sent one by one in their order, and leave storage when they are taken', async () => {
  const storage = new MemoryStorage();
  const log: string[] = [];
  const { outbox, sent } = outboxOn(storage, async (entry) => {
    log.push(`+${itemOf(entry)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    log.push(`-${itemOf(entry)}`);
    return taken(entry);
  });
  outbox.add(verdictOf('a'), { kind: 'undo', item: 'a', body: { id: randomUUID(), of: randomUUID(), reader: 'AB' } });
  outbox.add(verdictOf('b'));
  expect(storage.length).toBe(3);
  await vi.waitFor(() => expect(sent).toHaveLength(3));
  expect(log).toEqual(['+a', '-a', '+undo a', '-undo a', '+b', '-b']);
  expect(storage.length).toBe(0);
  expect(outbox.state()).toMatchObject({ pending: [], trouble: null });
});

test('a dead server is asked again, with the same id; a closed tab goes on where it was', async () => {
  const storage = new MemoryStorage();
  const first = outboxOn(storage, () => Promise.reject(dead));
  const entries = ['a', 'b', 'c'].map((item) => verdictOf(item));
  first.outbox.add(...entries);
  await vi.waitFor(() => expect(first.outbox.state().trouble?.message).toBe('The server does not answer'));
  expect(first.outbox.state().pending.map(itemOf)).toEqual(['a', 'b', 'c']);

  const arrived: string[] = [];
  const second = outboxOn(storage, (entry) => {
    arrived.push(entry.body.id);
    return arrived.length < 3 ? Promise.reject(dead) : taken(entry);
  });
  await vi.waitFor(() => expect(second.sent).toHaveLength(3));
  const ids = entries.map(({ body }) => body.id);
  expect(arrived).toEqual([ids[0], ids[0], ids[0], ids[1], ids[2]]);
  expect(storage.length).toBe(0);
  first.outbox.reload();
  expect(first.outbox.state().pending).toEqual([]);
});

test('what the server refuses stands apart with its remedy, also after a reload, and holds up nothing', async () => {
  const storage = new MemoryStorage();
  const refuse = new DeskError('refused', 'No sample x in this run', 'load the page again');
  const send = (entry: Entry): Promise<Sent> => (itemOf(entry) === 'x' ? Promise.reject(refuse) : taken(entry));
  const { outbox, sent } = outboxOn(storage, send);
  outbox.add(verdictOf('x'), verdictOf('a'));
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  const again = outboxOn(storage, send).outbox;
  expect(again.state()).toMatchObject({
    pending: [],
    refused: [{ message: 'No sample x in this run', remedy: 'load the page again' }],
  });
  again.dismiss(again.state().refused[0]?.key ?? '');
  expect(storage.length).toBe(0);
});

test('a browser that keeps nothing is said, and what it was told is sent all the same', async () => {
  const storage = new MemoryStorage();
  storage.full = true;
  let alive = false;
  const { outbox, sent } = outboxOn(storage, (entry) => (alive ? taken(entry) : Promise.reject(dead)));
  outbox.add(verdictOf('a'));
  await vi.waitFor(() => expect(outbox.state().trouble).not.toBeNull());
  expect(outbox.state().kept).toBe(false);
  // Another tab's change does not wipe what lives in this one alone.
  outbox.reload();
  expect(outbox.state().pending).toHaveLength(1);
  alive = true;
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(outbox.state()).toMatchObject({ kept: true, pending: [] });
});

test('thousands of entries are no slower one by one', async () => {
  const { outbox, sent } = outboxOn(new MemoryStorage(), taken);
  for (let at = 0; at < 300; at++) outbox.add(verdictOf(`${at}`));
  await vi.waitFor(() => expect(sent).toHaveLength(300));
});
