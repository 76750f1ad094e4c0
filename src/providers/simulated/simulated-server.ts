/**
 * A loopback server that speaks Gemini's and OpenAI's API, so that the real clients run without a key or a network.
 * It knows nothing itself: a TeacherBook answers, and faults are drawn from the request's content.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, ProviderError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import type { JudgeBook, TeacherBook } from './teacher-book.js';
import { createTally, type TeacherCounts, type TeacherTally } from './request-counts.js';
import { answerRead, answerRequest, type Answer } from './teacher-answer.js';
import { createBatchStore, type BatchFaults, type BatchLine, type BatchStore } from './batch-jobs.js';
import { answerBatchCall, sendBatchAnswer } from './batch-server.js';
import type { FaultRates, Latency } from './planned-faults.js';
import { firstTryFault, latencyOf } from './planned-faults.js';
import { geminiWire } from './gemini-wire.js';
import { openAiWire } from './openai-wire.js';
import { largestBody, readBody, type Wire } from './wire.js';

export interface TeacherServerOptions {
  book: TeacherBook;
  /** Answers what judges are asked; left out, such prompts are refused. */
  judge?: JudgeBook | undefined;
  faults?: FaultRates | undefined;
  /** Of faults and latency (default 0). */
  seed?: number | undefined;
  /** Time until an answer, in milliseconds: a constant, or log-normal (default 0). */
  latencyMs?: number | Latency | undefined;
  /** The wait that a 429 or 503 asks for, in milliseconds (default 100). */
  retryAfterMs?: number | undefined;
  /** File that gets the content key of every answered request, one a line; kept across restarts. */
  countsFile?: string | undefined;
  /** What may go wrong with batches. */
  batchFaults?: BatchFaults | undefined;
  /** Time from a batch's beginning to its end, in milliseconds (default 0). */
  batchMs?: number | undefined;
  /** Files and batches of a server before this one. */
  batchStore?: BatchStore | undefined;
  /** Default: a free one. */
  port?: number | undefined;
}

export interface TeacherServer extends AsyncDisposable {
  /** Base URL for the Gemini provider, e.g. `http://127.0.0.1:41234`; with `/v1` behind it, for the OpenAI provider. */
  readonly url: string;
  counts(): TeacherCounts;
  close(): Promise<void>;
}

const wires = [geminiWire, openAiWire];

/** Listens on a free port of 127.0.0.1. @throws ProviderError `teacher-not-started` when it cannot listen. */
export async function startTeacherServer(options: TeacherServerOptions): Promise<TeacherServer> {
  const tally = createTally(options.countsFile);
  const tried = new Set<string>();
  const {
    book,
    judge,
    faults = {},
    seed = 0,
    batchFaults = {},
    batchMs = 0,
    batchStore = createBatchStore(),
  } = options;
  const batchWork = {
    store: batchStore,
    faults: batchFaults,
    seed,
    batchMs,
    answer: (wire: Wire, { contentKey, request }: BatchLine): Answer => {
      const answer = answerRead({ wire, contentKey, book, judge, faults, seed }, request);
      if (answer.status === 200) tally.answer(contentKey);
      else tally.count('rejected');
      if (answer.outcome !== undefined) tally.count(answer.outcome);
      return answer;
    },
  };
  const server = createServer((request, response) => {
    const batch = answerBatchCall(request, { ...batchWork, origin: `http://${request.headers.host}` });
    if (batch !== null) {
      tally.count('batchCalls');
      return void batch.then((answer) => sendBatchAnswer(response, answer));
    }
    tally.count('requests');
    const gone = once(response, 'close').catch(() => undefined);
    const wire = wires.find(({ modelOf }) => modelOf(request.url ?? '') !== null) ?? geminiWire;
    respond({ request, gone, wire }, options, tally, tried)
      // A defect in the book must not end the process, which is the loop's own.
      .catch((thrown: unknown) => errorAnswer(wire, 500, `The simulated teacher failed: ${messageOf(thrown)}`))
      .then((answer) => send(response, answer, tally))
      // What cannot be counted is not answered.
      .catch(() => response.destroy());
  });
  // Longer than a client keeps an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0);
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

interface Incoming {
  request: IncomingMessage;
  /** Resolves when the connection ends. */
  gone: Promise<unknown>;
  wire: Wire;
}

async function respond(
  { request, gone, wire }: Incoming,
  options: TeacherServerOptions,
  tally: TeacherTally,
  tried: Set<string>,
): Promise<Answer> {
  const { book, judge, faults = {}, seed = 0, latencyMs = 0, retryAfterMs = 100 } = options;
  const body = await readBody(request, largestBody);
  const model = wire.modelOf(request.url ?? '');
  if (request.method !== 'POST' || model === null)
    return errorAnswer(wire, 404, `${request.method} ${request.url} is not ${wire.name}.`);
  const refused = wire.refuse(request.headers);
  if (refused !== null) return errorAnswer(wire, refused.status, refused.message);
  if (body === null) return errorAnswer(wire, 400, 'The request is larger than 20 MB.');
  const contentKey = sha256(`${model} ${sha256(body)}`);
  const fault = tried.has(contentKey) ? null : firstTryFault(faults, seed, contentKey);
  tried.add(contentKey);
  if (fault === 'stalled') {
    tally.count('stalled');
    await gone;
  } else if (fault !== null) {
    return {
      status: fault,
      ...wire.error(fault, 'It fails, as asked for.', fault === 500 ? undefined : retryAfterMs),
      contentKey,
    };
  }
  const latency = typeof latencyMs === 'number' ? { median: latencyMs, sigma: 0 } : latencyMs;
  if (latency.median > 0) await sleep(latencyOf(latency, seed, contentKey));
  return answerRequest({ wire, contentKey, book, judge, faults, seed }, body.toString('utf8'), model);
}

const refusals: Readonly<Record<number, 'overloaded' | 'failing'>> = {
  429: 'overloaded',
  503: 'overloaded',
  500: 'failing',
};

function send(response: ServerResponse, answer: Answer, tally: TeacherTally): void {
  // The client went away (cancelled, or killed): it has no answer.
  if (response.destroyed || response.socket?.destroyed !== false) return;
  if (answer.status === 200) tally.answer(answer.contentKey);
  else tally.count(refusals[answer.status] ?? 'rejected');
  if (answer.outcome !== undefined) tally.count(answer.outcome);
  const payload = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': payload.length,
    ...answer.headers,
  });
  response.end(payload);
}

function errorAnswer(wire: Wire, status: number, message: string): Answer {
  return { status, ...wire.error(status, message), contentKey: '' };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
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
