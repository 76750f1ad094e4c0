/**
 * A loopback server that speaks Gemini's REST generateContent, so that the real client runs without a key or a network.
 * It knows nothing itself: a TeacherBook answers, and faults are drawn from the request's content.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, ProviderError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import type { TeacherBook } from './book.js';
import { createTally, type TeacherCounts, type TeacherTally } from './counts.js';
import { answerRequest, type Answer } from './answer.js';
import type { FaultRates, Latency } from './faults.js';
import { latencyOf, overload } from './faults.js';
import { errorBody } from './wire.js';

export interface TeacherServerOptions {
  book: TeacherBook;
  faults?: FaultRates | undefined;
  /** Of faults and latency (default 0). */
  seed?: number | undefined;
  /** Time until an answer, in milliseconds: a constant, or log-normal (default 0). */
  latencyMs?: number | Latency | undefined;
  /** The wait that a 429 or 503 asks for, in milliseconds (default 100). */
  retryAfterMs?: number | undefined;
  /** File that gets the content key of every answered request, one a line; kept across restarts. */
  countsFile?: string | undefined;
}

export interface TeacherServer extends AsyncDisposable {
  /** Base URL for the Gemini provider, e.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  counts(): TeacherCounts;
  close(): Promise<void>;
}

/** Gemini takes at most 20 MB with inline images. */
const largestBody = 20 * 1024 * 1024;
const path = /^\/v1beta\/(?:models|tunedModels)\/([^/:]+):generateContent$/;

/** Listens on a free port of 127.0.0.1. @throws ProviderError `teacher-not-started` when it cannot listen. */
export async function startTeacherServer(options: TeacherServerOptions): Promise<TeacherServer> {
  const tally = createTally(options.countsFile);
  const tried = new Set<string>();
  const server = createServer((request, response) => {
    tally.count('requests');
    respond(request, options, tally, tried)
      // A defect in the book must not end the process, which is the loop's own.
      .catch((thrown: unknown) => errorAnswer(500, 'INTERNAL', `The simulated teacher failed: ${messageOf(thrown)}`))
      .then((answer) => send(response, answer, tally))
      // What cannot be counted is not answered.
      .catch(() => response.destroy());
  });
  // Longer than a client keeps an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 60_000;
  await listen(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }).then(() => tally.close());
    return closing;
  };
  return { url, counts: () => tally.snapshot(), close, [Symbol.asyncDispose]: close };
}

async function respond(
  request: IncomingMessage,
  options: TeacherServerOptions,
  tally: TeacherTally,
  tried: Set<string>,
): Promise<Answer> {
  const { book, faults = {}, seed = 0, latencyMs = 0, retryAfterMs = 100 } = options;
  const body = await readBody(request);
  const model = path.exec(request.url ?? '')?.[1];
  if (request.method !== 'POST' || model === undefined) {
    return errorAnswer(404, 'NOT_FOUND', `${request.method} ${request.url} is not generateContent.`);
  }
  if (!request.headers['x-goog-api-key']) {
    return errorAnswer(403, 'PERMISSION_DENIED', 'The request has no API key; this server accepts any.');
  }
  if (body === null) return errorAnswer(400, 'INVALID_ARGUMENT', 'The request is larger than 20 MB.');
  const contentKey = sha256(`${model} ${sha256(body)}`);
  const refusal = tried.has(contentKey) ? null : overload(faults, seed, contentKey);
  tried.add(contentKey);
  if (refusal !== null) {
    const status = refusal === 503 ? 'UNAVAILABLE' : 'RESOURCE_EXHAUSTED';
    return { status: refusal, body: errorBody(refusal, status, 'Overloaded, as asked for.', retryAfterMs), contentKey };
  }
  const latency = typeof latencyMs === 'number' ? { median: latencyMs, sigma: 0 } : latencyMs;
  if (latency.median > 0) await sleep(latencyOf(latency, seed, contentKey));
  return answerRequest({ body: body.toString('utf8'), model, contentKey, book, faults, seed });
}

function send(response: ServerResponse, answer: Answer, tally: TeacherTally): void {
  // The client went away (cancelled, or killed): it has no answer.
  if (response.destroyed || response.socket?.destroyed !== false) return;
  if (answer.status === 200) tally.answer(answer.contentKey);
  else tally.count(answer.status === 429 || answer.status === 503 ? 'overloaded' : 'rejected');
  if (answer.outcome !== undefined) tally.count(answer.outcome);
  const payload = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': payload.length,
  });
  response.end(payload);
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  return size > largestBody ? null : Buffer.concat(chunks);
}

function errorAnswer(status: number, name: string, message: string): Answer {
  return { status, body: errorBody(status, name, message), contentKey: '' };
}

async function listen(server: Server): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
  } catch (cause) {
    throw new ProviderError(
      'teacher-not-started',
      `The simulated teacher cannot listen on 127.0.0.1: ${messageOf(cause)}`,
      {
        remedy: 'Allow this process to open a port on the loopback interface.',
        cause,
      },
    );
  }
}
