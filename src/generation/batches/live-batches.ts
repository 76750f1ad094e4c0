/** The batches that are at work at the provider: begun, followed to their end, and what becomes of them at a stop. */
import { ProviderError } from '../../errors.js';
import { ProviderCallError } from '../../providers/call-error.js';
import type { AskingSection } from '../inquiries/asking-section.js';
import { beginBatch, cancelBatches, followBatch, type BatchHooks, type BatchPerformance } from './batch-life.js';
import type { BatchNote } from './batch-notes.js';

export interface LiveBatches {
  readonly size: number;
  /**
   * Begins a batch and follows it; waits for another to end where the provider holds no more. Resolves with why it could not
   * be begun for now, else with null. @throws ProviderError `no-batches`
   */
  begin(made: BatchNote): Promise<ProviderCallError | null>;
  /** Resolves when one of them has ended, and its requests with it. */
  oneEnds(): Promise<void>;
  /** At a stop: lets go of them, and says or does what is to become of them. */
  leaveBehind(): Promise<void>;
}

export function liveBatches(run: BatchPerformance, pass: Omit<BatchHooks, 'looked'>): LiveBatches {
  const { progress, stop } = run;
  const { notes, notice } = pass;
  const live = new Map<string, { note: BatchNote; done: Promise<void>; ended: number }>();

  const tell = (): void => {
    const all = [...live.values()];
    const sum = (of: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0);
    progress.batches({
      atWork: all.length,
      requests: sum(({ note }) => note.requests),
      ended: sum(({ ended }) => ended),
    });
  };
  const hooks: BatchHooks = {
    ...pass,
    looked: ({ label }: BatchNote, ended: number): void => {
      const found = live.get(label);
      if (found !== undefined) found.ended = ended;
      tell();
    },
  };
  const follow = (note: BatchNote): void => {
    const done = followBatch(note, run, hooks)
      .catch((thrown: unknown) => {
        // What was cut off by the stop itself is not why it stopped.
        if (!stop.signal.aborted) stop.halt(thrown);
      })
      .finally(() => {
        live.delete(note.label);
        tell();
      });
    live.set(note.label, { note, done, ended: 0 });
    tell();
  };
  const oneEnds = (): Promise<void> => Promise.race([...live.values()].map(({ done }) => done));
  const begin = async (made: BatchNote): Promise<ProviderCallError | null> => {
    let note = made;
    for (;;) {
      try {
        follow(await beginBatch(note, run, hooks));
        return null;
      } catch (thrown) {
        if (stop.signal.aborted) throw stop.reason();
        if (!(thrown instanceof ProviderCallError)) throw thrown;
        if (thrown.status === 404) throw noBatches(thrown, run.inquiry.section);
        // What a provider holds at a time is limited: when one ends there is room.
        if (thrown.retryable && live.size > 0) await oneEnds();
        else return thrown;
      }
      note = notes.open().find(({ label }) => label === made.label) ?? note;
    }
  };
  const leaveBehind = async (): Promise<void> => {
    await Promise.all([...live.values()].map(({ done }) => done));
    const open = notes.open().filter(({ state }) => state === 'begun');
    if (open.length === 0) return;
    const what = open.length === 1 ? '1 batch' : `${open.length} batches`;
    // Nobody wants more of replies that are of no use; where a person stopped, or the line broke, they are still wanted.
    if (stop.reason() instanceof ProviderError && (stop.reason() as ProviderError).code === 'replies-useless') {
      await cancelBatches(open, run);
      notice(`${what} at the provider were cancelled`);
    } else if (run.batches.client.endsWithProcess === true)
      notice(`${what} ended unfinished; the same command begins anew`);
    else notice(`${what} go on at the provider; the same command collects what they bring`);
  };

  return {
    get size() {
      return live.size;
    },
    begin,
    oneEnds,
    leaveBehind,
  };
}

function noBatches(cause: ProviderCallError, section: AskingSection): ProviderError {
  return new ProviderError('no-batches', `No batch can be begun: ${cause.message}`, {
    where: cause.where,
    cause,
    remedy: `Check the model and the base URL; a server without batches is asked with ${section}.mode: interactive.`,
  });
}
