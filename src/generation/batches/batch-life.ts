/**
 * One batch from its file to what came of each request. Each step is written down before the next is taken, and can be taken
 * again: a file that was sent is not sent twice, a batch that was begun is looked for before it is begun anew.
 */
import { sleepAwake } from '../../awake.js';
import { ProviderError } from '../../errors.js';
import type { BatchItem, BatchStatus } from '../../providers/batch/batch-client.js';
import { ProviderCallError, type CallFailure } from '../../providers/call-error.js';
import { callWithRetry } from '../asking/retry-request.js';
import type { BatchRun, Performance } from '../generation-run.js';
import type { BatchNote, BatchNotes } from './batch-notes.js';

export type BatchPerformance = Performance & { batches: BatchRun };

export interface BatchHooks {
  notes: BatchNotes;
  notice: (message: string) => void;
  /** Requests that ended, as the provider counts them. */
  looked: (note: BatchNote, ended: number) => void;
  /** What came of a request of the batch; the error of one that has to be asked again, or never will be answered. */
  ended: (key: string, item: Exclude<BatchItem, { damaged: string }>) => void;
}

/** Sends the file and begins the batch, as far as that was not done. Rejects with the ProviderCallError of what failed. */
export async function beginBatch(note: BatchNote, run: BatchPerformance, { notes }: BatchHooks): Promise<BatchNote> {
  const isResumed = note.state === 'sent';
  const sent = note.state === 'made' ? await send(note, run, notes) : note;
  if (sent.state !== 'sent') return sent;
  try {
    return begun(sent, await start(sent, run, isResumed), notes);
  } catch (thrown) {
    // Files do not lie at the provider for ever: one that was sent days ago is sent again.
    const isGone = isResumed && thrown instanceof ProviderCallError && [400, 404].includes(thrown.status ?? 0);
    if (!isGone) throw thrown;
    const again = await send(notes.write({ ...sent, uploads: sent.uploads + 1 }), run, notes);
    return begun(again, await start(again, run, false), notes);
  }
}

function begun(note: BatchNote, name: string, notes: BatchNotes): BatchNote {
  const written = notes.write({ ...note, state: 'begun', name });
  notes.dropBody(note);
  return written;
}

async function send(note: BatchNote, run: BatchPerformance, notes: BatchNotes): Promise<BatchNote> {
  const { consent, batches, stop } = run;
  for (const { imageHash, textMaskedBy, key } of notes.requestsOf(note))
    consent.record({ imageHash, textMaskedBy }, key, note.uploads);
  const file = await patiently(run, () => batches.client.upload(note.label, notes.bodyOf(note), stop.signal));
  return notes.write({ ...note, state: 'sent', file });
}

async function start({ label, file, at }: BatchNote, run: BatchPerformance, isResumed: boolean): Promise<string> {
  const { batches, stop } = run;
  const { client, listedAfterMs } = batches;
  let mayBeBegun = isResumed ? Date.parse(at) : null;
  return patiently(run, async () => {
    if (mayBeBegun !== null) {
      const found = await client.find(label, file ?? '', stop.signal);
      if (found !== null) return found;
      const wait = mayBeBegun + listedAfterMs - Date.now();
      if (wait > 0) await sleepAwake(wait, stop.signal);
      const late = wait > 0 ? await client.find(label, file ?? '', stop.signal) : null;
      if (late !== null) return late;
      mayBeBegun = null;
    }
    try {
      return await client.start(label, file ?? '', stop.signal);
    } catch (thrown) {
      // Whoever gave no clear answer may have begun it.
      if (thrown instanceof ProviderCallError && mayHaveHeard.has(thrown.failure)) mayBeBegun = Date.now();
      throw thrown;
    }
  });
}

const mayHaveHeard: ReadonlySet<CallFailure> = new Set([
  'unreachable',
  'timeout',
  'overloaded',
  'unreadable',
  'cancelled',
]);

/**
 * Waits for the batch and hands on what came of each of its requests, each once; then it has ended.
 * @throws ProviderError `batch-unknown` where the provider knows nothing of it, `provider-rejected` where it says no to us
 */
export async function followBatch(note: BatchNote, run: BatchPerformance, hooks: BatchHooks): Promise<void> {
  const { batches, cache, stop } = run;
  const { notes } = hooks;
  const waiting = new Set(notes.requestsOf(note).map(({ key }) => key));
  const status = await ending(note, run, hooks);
  let damaged = 0;
  const collect = async (): Promise<void> => {
    damaged = 0;
    for await (const item of batches.client.results(status, stop.signal)) {
      if ('damaged' in item) damaged += 1;
      else if (waiting.delete(item.key)) hooks.ended(item.key, item);
    }
  };
  try {
    await patiently(run, collect);
  } catch (thrown) {
    if (!(thrown instanceof ProviderCallError && thrown.status === 404)) throw thrown;
    hooks.notice(`${note.name}: its results are no longer there; what had not been collected is asked again`);
  }
  if (waiting.size > 0) {
    const error = status.error ?? leftOver(status.state, damaged, note);
    hooks.notice(`${note.name}: ${waiting.size} of ${note.requests} requests were not answered: ${error.message}`);
    for (const key of waiting) hooks.ended(key, { key, error });
  }
  // Nothing is deleted at the provider before it is safe here.
  cache.sync();
  notes.write({ ...note, state: 'ended' });
  notes.dropRequests(note);
  await discard([note.file ?? '', ...status.outputs], run);
}

/** Looks until it has ended, less and less often. A look that fails is no failure of the batch. */
async function ending(note: BatchNote, run: BatchPerformance, hooks: BatchHooks): Promise<BatchStatus> {
  const { batches, stop } = run;
  let failures = 0;
  for (let wait = batches.pollMs; ; wait = Math.min(batches.longestPollMs, wait * 1.5)) {
    try {
      const status = await batches.client.poll(note.name ?? '', stop.signal);
      failures = 0;
      hooks.looked(note, status.ended);
      if (status.state !== 'waiting') return status;
    } catch (thrown) {
      if (!(thrown instanceof ProviderCallError) || thrown.failure === 'cancelled') throw thrown;
      if (thrown.status === 404) throw unknown(note, hooks, thrown);
      if (thrown.failure === 'rejected') throw thrown;
      failures += 1;
      if (failures % 10 === 5)
        hooks.notice(`${note.name} cannot be looked at for now, and is looked at again: ${thrown.message}`);
    }
    await sleepAwake(wait * (0.75 + Math.random() / 2), stop.signal);
  }
}

function unknown(note: BatchNote, { notes }: BatchHooks, cause: ProviderCallError): ProviderError {
  return new ProviderError('batch-unknown', `The provider knows nothing of the batch ${note.name}: ${cause.message}`, {
    where: notes.noteOf(note),
    cause,
    remedy:
      'Use the key and project that it was begun with, and give the same command again. If the batch was deleted, delete ' +
      'this file: its requests are then asked, and paid for, again.',
  });
}

function leftOver(state: BatchStatus['state'], damaged: number, { name }: BatchNote): ProviderCallError {
  const what = {
    expired: 'The batch ran out of time.',
    cancelled: 'The batch was cancelled.',
    failed: 'The batch failed.',
    waiting: 'The batch did not end.',
    succeeded: damaged > 0 ? `${damaged} lines of its results cannot be read.` : 'Its results say nothing of them.',
  };
  const failure = state === 'succeeded' ? 'unreadable' : 'overloaded';
  return new ProviderCallError(what[state], {
    failure,
    where: name ?? undefined,
    remedy: 'Give the same command again: what was not answered is asked again.',
  });
}

/** Best effort: providers delete such files by themselves, sooner or later. */
async function discard(files: readonly string[], { batches, stop }: BatchPerformance): Promise<void> {
  await Promise.allSettled(
    files.filter((file) => file !== '').map((file) => batches.client.discard(file, stop.signal)),
  );
}

/** Begun batches cost until they end: stops those whose replies nobody wants any more. What was answered is kept there. */
export async function cancelBatches(open: readonly BatchNote[], { batches }: BatchPerformance): Promise<void> {
  const names = open.flatMap(({ name }) => name ?? []);
  await Promise.allSettled(names.map((name) => batches.client.cancel(name, AbortSignal.timeout(10_000))));
}

function patiently<T>({ retry, stop }: Performance, call: () => Promise<T>): Promise<T> {
  return callWithRetry(call, retry, { signal: stop.signal, onFailure: () => undefined });
}
