/** The queue as its reader sees it: what the server holds, and over it what is still on its way there. Pure. */
import type { QueueReply, VerdictKind } from '../review-messages.js';
import type { Entry } from './outbox.js';

/** A reader's verdict of a sample. */
export interface Mark {
  id: string;
  verdict: VerdictKind;
  correctedAnswer?: string | undefined;
  comment?: string | undefined;
  /** Later verdicts have greater ones. */
  order: string;
  saved: boolean;
}

export interface Place {
  item: string;
  mark: Mark | null;
}

export function placesOf(queue: QueueReply, pending: readonly Entry[], reader: string): Place[] {
  const marks = new Map<string, Mark | null>();
  for (const [at, entry] of pending.entries()) {
    if (entry.body.reader !== reader) continue;
    // `~` comes after every time.
    if (entry.kind === 'undo') marks.set(entry.item, null);
    else marks.set(entry.body.item, { ...entry.body, order: `~${String(at).padStart(6, '0')}`, saved: false });
  }
  return queue.items.map(({ id, verdict }) => {
    const unsent = marks.get(id);
    if (unsent !== undefined) return { item: id, mark: unsent };
    return { item: id, mark: verdict === null ? null : { ...verdict, order: verdict.at, saved: true } };
  });
}

/** Index of the next sample without a verdict, going round once; -1 where all have one. */
export function nextOpen(places: readonly Place[], from: number): number {
  for (let step = 0; step < places.length; step++) {
    const at = (from + step) % places.length;
    if (places[at]?.mark === null) return at;
  }
  return -1;
}

/** The reader's last verdict: what undo takes back. */
export function lastJudged(places: readonly Place[]): { at: number; item: string; mark: Mark } | null {
  let last: { at: number; item: string; mark: Mark } | null = null;
  for (const [at, { item, mark }] of places.entries())
    if (mark !== null && (last === null || mark.order > last.mark.order)) last = { at, item, mark };
  return last;
}
