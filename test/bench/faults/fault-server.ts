/**
 * The server outside: answers OpenAI's chat completions from a book that knows every image, and misbehaves as told. What it
 * answers depends on the request alone, so that a run that asked again gets what the undisturbed one got.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { TeacherBook } from '../../../src/providers/simulated/teacher-book.js';
import { startTeacherServer, type TeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { seededRandom } from '../../../src/random.js';

export type ProviderFault =
  | 'reset'
  | 'wrong-length'
  | 'truncated-gzip'
  | 'html'
  | 'hang'
  | 'dead'
  | 'hour'
  | 'expired-key';

/** When it misbehaves: from one request on, for a number of them or a time. */
export interface Misbehaviour {
  fault: ProviderFault;
  from: number;
  requests?: number | undefined;
  seconds?: number | undefined;
}

export interface FaultServer extends AsyncDisposable {
  url: string;
  /** Null sets it right. */
  misbehave(how: Misbehaviour | null): void;
  /** Requests that met the fault. */
  met(): number;
}

export async function startFaultServer(): Promise<FaultServer> {
  const teacher = await startTeacherServer({ book });
  let how: Misbehaviour | null = null;
  let count = 0;
  let met = 0;
  let since: number | null = null;
  const server = createServer((request, response) => {
    const number = count++;
    const isMet = how !== null && number >= how.from && isOn(how, met, (since ??= performance.now()));
    if (isMet) met += 1;
    (isMet && how !== null ? fail(how.fault, teacher, request, response) : pass(teacher, request, response)).catch(() =>
      response.destroy(),
    );
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    misbehave: (next) => {
      [how, count, met, since] = [next, 0, 0, null];
    },
    met: () => met,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await teacher.close();
    },
  };
}

function isOn({ requests, seconds }: Misbehaviour, met: number, since: number): boolean {
  if (requests !== undefined) return met < requests;
  return seconds === undefined || performance.now() - since < seconds * 1000;
}

interface Passed {
  status: number;
  body: Buffer;
}

async function ask(teacher: TeacherServer, request: IncomingMessage): Promise<Passed> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const answer = await fetch(`${teacher.url}${request.url ?? ''}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
    body: Buffer.concat(chunks),
  });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

async function pass(teacher: TeacherServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await ask(teacher, request);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** Billed or not, none of these is an answer. */
async function fail(
  fault: ProviderFault,
  teacher: TeacherServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const json = { 'content-type': 'application/json' };
  switch (fault) {
    case 'reset': {
      const { body } = await ask(teacher, request);
      response.writeHead(200, { ...json, 'content-length': body.length });
      response.write(body.subarray(0, body.length / 2), () => response.socket?.resetAndDestroy());
      return;
    }
    case 'wrong-length': {
      const { body } = await ask(teacher, request);
      // Written to the socket, since Node refuses to send what contradicts itself.
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length + 64}\r\n\r\n`;
      response.socket?.end(Buffer.concat([Buffer.from(head), body]));
      return;
    }
    case 'truncated-gzip': {
      const packed = gzipSync((await ask(teacher, request)).body);
      const cut = packed.subarray(0, Math.floor(packed.length / 2));
      response.writeHead(200, { ...json, 'content-encoding': 'gzip', 'content-length': cut.length });
      response.end(cut);
      return;
    }
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Sign in</title><p>Your session with the proxy has ended.');
      return;
    case 'hang':
      request.resume();
      await once(response, 'close');
      return;
    case 'dead':
      response.socket?.resetAndDestroy();
      return;
    case 'hour':
      response.writeHead(429, { ...json, 'retry-after': '3600' });
      response.end('{"error":{"message":"Quota exceeded.","code":429}}');
      return;
    case 'expired-key':
      response.writeHead(401, json);
      response.end('{"error":{"message":"The API key has expired.","code":401}}');
  }
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** Knows something about every image, and always the same. */
const book: TeacherBook = {
  reply({ imageHash, strategy, questionType }) {
    const random = seededRandom('outside', imageHash, strategy, questionType);
    const [plane, side] = [random.pick(['axial', 'coronal', 'sagittal']), random.pick(['left', 'right'])];
    const answer = `${plane} ${side}`;
    return {
      question: `Which plane and side does image ${imageHash.slice(0, 6)} show?`,
      options: [answer, 'oblique neither'],
      answer,
      rationale: `The borders of the picture are those of a ${plane} view from the ${side}.`,
      questionType,
    };
  },
};
