/**
 * What the loop needs of a provider's batch API: many requests in one file, answered within a day or so at about half the
 * price. Each method is one or a few calls; retries, resuming and what is written down of them are `generation/batches`.
 */
import type { ProviderCallError } from '../call-error.js';
import type { Provider, ProviderReply, ProviderRequest } from '../provider.js';

export interface BatchClient {
  /** Most of one batch: requests, and bytes of its file. */
  readonly limits: { requests: number; bytes: number };
  /** Batches are worked off by this process: they end with it, and are begun anew by the next. */
  readonly endsWithProcess?: true;
  /** One request as a line of the file, without its line end. @param key Comes back with the reply; 64 characters at most. */
  line(key: string, request: ProviderRequest): string;
  /** Sends the file; resolves with the provider's name for it. All methods reject with a ProviderCallError. */
  upload(label: string, path: string, signal?: AbortSignal): Promise<string>;
  /** Begins a batch under a label of ours; resolves with the provider's name for it. */
  start(label: string, file: string, signal?: AbortSignal): Promise<string>;
  /** The batch that was begun under this label or with this file, where there is one: its name may have been lost. */
  find(label: string, file: string, signal?: AbortSignal): Promise<string | null>;
  poll(name: string, signal?: AbortSignal): Promise<BatchStatus>;
  /** What came of each request, in any order; not of all of them where the batch did not end well. */
  results(status: BatchStatus, signal?: AbortSignal): AsyncIterable<BatchItem>;
  cancel(name: string, signal?: AbortSignal): Promise<void>;
  /** Deletes a file at the provider: images and replies need not lie there longer than they are used. */
  discard(file: string, signal?: AbortSignal): Promise<void>;
}

/** One that can be asked many things at once, later and cheaper. */
export interface BatchingProvider extends Provider {
  readonly batch: BatchClient;
}

/** Null for a provider without batches. */
export const batchOf = (provider: Provider | BatchingProvider): BatchClient | null =>
  'batch' in provider ? provider.batch : null;

export interface BatchStatus {
  state: 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'expired';
  /** Requests that ended, as far as the provider says. */
  ended: number;
  /** The files that hold what came of the requests. */
  outputs: readonly string[];
  /** Why the batch as a whole failed. */
  error: ProviderCallError | null;
}

export type BatchItem =
  | { key: string; reply: ProviderReply }
  | { key: string; error: ProviderCallError }
  /** A line that is not in the provider's language: which request it was of is not known. */
  | { damaged: string };

/** The same reply, billed at the rate for batches. */
export function batchReply(reply: ProviderReply): ProviderReply {
  return reply.usage === null ? reply : { ...reply, usage: { ...reply.usage, isBatch: true } };
}
