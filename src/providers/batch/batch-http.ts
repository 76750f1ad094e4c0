/** Calls of the batch APIs by plain fetch: Google's client has neither batches nor files. No redirect is followed. */
import { afterAwake } from '../../awake.js';
import { bounded, largestBody } from '../bounded-reply.js';
import { ProviderCallError } from '../call-error.js';
import { limitedCall, noAnswer, refusalOf } from '../http-call.js';

export interface BatchApi {
  /** Without a slash at its end. */
  baseUrl: string;
  /** The key among them. */
  headers: Readonly<Record<string, string>>;
  /** Names provider, model and address in errors. */
  where: string;
  /** Longest wait for an answer, and for the next piece of a file, in milliseconds. */
  timeoutMs: number;
  /** Blanks out the key. */
  clean: (text: string) => string;
}

export interface ApiCall {
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  body?: object | Blob | FormData;
  signal?: AbortSignal | undefined;
}

/** A file of results that is longer is none: ten times what a batch of the largest size brings. */
const longestFile = 8 * 1024 ** 3;
/** What a line of connection brings at the least, in bytes a second: an upload may take as long as that. */
const slowestUpload = 50_000;

/** @param path Below the base URL, or an address of the same server. */
export async function callApi(
  api: BatchApi,
  path: string,
  { method = 'GET', headers = {}, body, signal }: ApiCall,
): Promise<{ json: unknown; headers: Headers }> {
  const { where, clean } = api;
  const isFile = body instanceof Blob || body instanceof FormData;
  const size = body instanceof Blob ? body.size : 0;
  const form = body instanceof FormData ? [...body.values()] : [];
  const bytes = form.reduce((sum, part) => sum + (typeof part === 'string' ? 0 : part.size), size);
  const timeoutMs = api.timeoutMs + (1000 * bytes) / slowestUpload;
  const call = async (limit: AbortSignal): Promise<{ json: unknown; headers: Headers }> => {
    const answered = await fetch(addressOf(api, path), {
      method,
      headers: {
        ...api.headers,
        ...(isFile || body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
      signal: limit,
      redirect: 'error',
    });
    const text = await bounded(answered, where).text();
    if (!answered.ok) throw refusalOf({ status: answered.status, headers: answered.headers, body: text }, where, clean);
    return { json: jsonOf(text, where, clean), headers: answered.headers };
  };
  return limitedCall({ where, timeoutMs, signal }, call, (thrown) => noAnswer(thrown, where, clean));
}

/** The lines of a file, as they come: never the whole file at once. */
export async function* linesOfFile(api: BatchApi, path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const { where, clean, timeoutMs } = api;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const patience = { timer: afterAwake(timeoutMs, stop) };
  try {
    const answered = await fetch(addressOf(api, path), {
      headers: api.headers,
      signal: controller.signal,
      redirect: 'error',
    });
    if (!answered.ok) {
      const { status, headers } = answered;
      throw refusalOf({ status, headers, body: await bounded(answered, where).text() }, where, clean);
    }
    const decoder = new TextDecoder();
    let rest = '';
    let received = 0;
    for await (const chunk of answered.body ?? []) {
      patience.timer.cancel();
      patience.timer = afterAwake(timeoutMs, stop);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      received += chunk.byteLength;
      if (rest.length > largestBody || received > longestFile) throw tooLong(where);
      yield* lines;
    }
    rest += decoder.decode();
    if (rest !== '') yield rest;
  } catch (thrown) {
    throw noAnswer(thrown, where, clean);
  } finally {
    patience.timer.cancel();
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** A server that names an address elsewhere would have the images sent there. */
function addressOf({ baseUrl, where }: BatchApi, path: string): string {
  if (!/^https?:/.test(path)) return `${baseUrl}${path}`;
  if (URL.canParse(path) && new URL(path).origin === new URL(baseUrl).origin) return path;
  throw new ProviderCallError('The server names an upload address on another server; nothing was sent there.', {
    failure: 'unreadable',
    where,
    remedy: 'Check the base URL, and what stands between it and the provider.',
  });
}

/** A name that a provider gave, as part of a path. @throws ProviderCallError for what is none. */
export function pathName(name: unknown, form: RegExp, where: string): string {
  if (typeof name === 'string' && form.test(name)) return name;
  throw unreadable('It gives no name of a file or a batch.', where);
}

export function unreadable(why: string, where: string): ProviderCallError {
  return new ProviderCallError(`The answer is not of a batch API. ${why}`, {
    failure: 'unreadable',
    where,
    remedy:
      'Check that the base URL is the API itself and that it has batches; else set mode: interactive in its section.',
  });
}

const tooLong = (where: string): ProviderCallError => unreadable('Its results never end.', where);

function jsonOf(text: string, where: string, clean: (text: string) => string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw unreadable(`It is no JSON: ${clean(text).slice(0, 60)}`, where);
  }
}

/** An object that a line holds; null for what is none. */
export function objectOf(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
