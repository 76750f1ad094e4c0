/**
 * The one limit on what a server may answer: a body that never ends, or unpacks to gigabytes, is cut and told, never held.
 * Google's SDK takes no fetch of ours, so that the global one is watched, for calls within `boundedFetch` alone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { formatBytes } from '../format.js';
import { ProviderCallError } from './call-error.js';

/** A reply is some thousand tokens of text; a list of all models of a provider is below a megabyte. */
export const largestBody = 8 * 1024 * 1024;

/** The same response; reading it fails with a ProviderCallError `unreadable` where it is larger, once that is known. */
export function bounded(response: Response, where: string, most = largestBody): Response {
  if (response.body === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength;
      if (bytes <= most) controller.enqueue(chunk);
      else controller.error(tooLarge(where, most));
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}

/** One call of a client that is watched. */
export interface FetchWatch {
  readonly where: string;
  /** Headers of the refusal, once there is one. */
  refused?: Headers;
}

const watched = new AsyncLocalStorage<FetchWatch>();
const watching = new WeakSet<typeof fetch>();

/** Runs a client that calls the global fetch, each of its answers bounded and no redirect followed. */
export function boundedFetch<T>(watch: FetchWatch, work: () => Promise<T>): Promise<T> {
  if (!watching.has(globalThis.fetch)) {
    const plain = globalThis.fetch;
    const watcher: typeof fetch = async (input, init) => {
      const asked = watched.getStore();
      if (asked === undefined) return plain(input, init);
      // A redirect would take key and image to where nobody allowed them to go.
      const response = await plain(input, { ...init, redirect: 'error' });
      if (!response.ok) asked.refused = response.headers;
      return bounded(response, asked.where);
    };
    watching.add(watcher);
    globalThis.fetch = watcher;
  }
  return watched.run(watch, work);
}

function tooLarge(where: string, most: number): ProviderCallError {
  return new ProviderCallError(`The reply is larger than ${formatBytes(most)}; the rest was not read.`, {
    failure: 'unreadable',
    where,
    remedy: 'Check that the base URL is the API itself and that the server ends its replies.',
  });
}
