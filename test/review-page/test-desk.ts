/**
 * A review desk's server for tests of the page: the interface alone, with samples made up on the spot and verdicts in a
 * list. It can be told to refuse, to fail, and to end as a killed one does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { encode } from 'fast-png';
import { builtPage } from '../../src/review/built-page.js';
import {
  undoRequestSchema,
  verdictKinds,
  verdictRequestSchema,
  type ReviewItem,
  type Session,
  type UndoRequest,
  type Verdict,
} from '../../src/review/review-messages.js';

export interface DeskOptions {
  samples?: number;
  scoreHidden?: boolean;
  notice?: string;
  /** Changes the sample of this number. */
  sample?: (item: ReviewItem, at: number) => ReviewItem;
  image?: (id: string) => Uint8Array;
}

/** The policy of the real one. */
export const policy =
  "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const token = 'test-token';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export class TestDesk {
  /** All that arrived, in its order; a repeated id stands once. */
  readonly verdicts: Verdict[] = [];
  readonly undone = new Set<string>();
  readonly requests: string[] = [];
  /** Status and body for the next verdicts, instead of taking them. */
  refusal: { status: number; message: string; remedy: string } | null = null;
  /** Images are handed out when it is fulfilled. */
  imagesReady: Promise<void> = Promise.resolve();
  readonly #options: Required<Omit<DeskOptions, 'sample' | 'image'>> & DeskOptions;
  #server = createServer();
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(options: DeskOptions = {}) {
    this.#options = { samples: 3, scoreHidden: true, notice: '', ...options };
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}/${token}/`;
  }

  /** At the port it had, where it had one. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** As by `kill -9`: connections break. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  judgeBefore(item: string, reader: string): void {
    const judged = { id: crypto.randomUUID(), item, reader, verdict: 'accept', seconds: 1, scoreSeen: false } as const;
    this.#judge(judged);
  }

  /** What counts: the last verdict of each sample that was not taken back. */
  counting(reader: string): Map<string, Verdict> {
    const of = this.verdicts.filter((verdict) => verdict.reader === reader && !this.undone.has(verdict.id));
    return new Map(of.map((verdict) => [verdict.item, verdict]));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.address);
    this.requests.push(`${request.method} ${url.pathname.slice(token.length + 2)}`);
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Referrer-Policy', 'no-referrer');
    if (!url.pathname.startsWith(`/${token}/`)) return void response.writeHead(404).end();
    const path = url.pathname.slice(token.length + 2);
    if (!path.startsWith('api/')) return this.#file(path === '' ? 'index.html' : path, response);
    if (path.startsWith('api/images/')) {
      await this.imagesReady;
      response.writeHead(200, { 'Content-Type': 'image/png' }).end(this.#image(decodeURIComponent(path.slice(11))));
      return;
    }
    const body = request.method === 'POST' ? (JSON.parse(await textOf(request)) as unknown) : null;
    const { status, reply } = this.#reply(path, url.searchParams.get('reader') ?? '', body);
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(reply));
  }

  async #file(name: string, response: ServerResponse): Promise<void> {
    const file = await readFile(join(await builtPage(), name)).catch(() => null);
    if (file === null) return void response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'text/plain' }).end(file);
  }

  #reply(path: string, reader: string, body: unknown): { status: number; reply: unknown } {
    if (path === 'api/session') return { status: 200, reply: this.#session() };
    if (path === 'api/queue') {
      const counting = this.counting(reader);
      const items = this.#ids().map((id) => ({ id, verdict: counting.get(id) ?? null }));
      return { status: 200, reply: { items } };
    }
    if (path.startsWith('api/items/'))
      return { status: 200, reply: this.#item(decodeURIComponent(path.slice(10)), reader) };
    if (path === 'api/progress') return { status: 200, reply: this.#progress(reader) };
    if (path === 'api/disputed') return { status: 200, reply: { items: this.#disputed() } };
    if (this.refusal !== null) {
      const { status, message, remedy } = this.refusal;
      return { status, reply: { error: { code: 'test', message, remedy } } };
    }
    if (path === 'api/undo') return { status: 200, reply: this.#undo(undoRequestSchema.parse(body)) };
    return { status: 200, reply: this.#judge(body) };
  }

  #session(): Session {
    const readers = [...new Set(this.verdicts.map(({ reader }) => reader))];
    const { scoreHidden, notice } = this.#options;
    return { run: 'demo-0', notice, scoreHidden, readers, verdicts: [...verdictKinds] };
  }

  #ids = (): string[] => Array.from({ length: this.#options.samples }, (_, at) => `sample-${at + 1}`);

  #score = (id: string): number => Number(id.slice(7)) % 10;

  #shows = (verdict: Verdict | null): boolean =>
    !this.#options.scoreHidden || (verdict !== null && verdict.verdict !== 'skip');

  #item(id: string, reader: string): ReviewItem {
    const at = Number(id.slice(7)) - 1;
    const verdict = this.counting(reader).get(id) ?? null;
    const item: ReviewItem = {
      id,
      seen: id,
      cycle: 2,
      modality: 'CT',
      questionType: 'disease diagnosis',
      question: `Which finding does image ${at + 1} show?`,
      options: ['Nodule', 'Cyst', 'Effusion', 'No finding'],
      answer: 'Cyst',
      rationale: 'The lesion is round, sharply bordered and dark: fluid.',
      context: null,
      rewardScore: this.#shows(verdict) ? this.#score(id) : null,
      why: at % 2 === 0 ? 'random-accepted' : 'disagreement',
      image: { path: `api/images/${id}`, width: 96, height: 96, bits: 8 },
      verdict,
    };
    return this.#options.sample?.(item, at) ?? item;
  }

  #image = (id: string): Uint8Array => this.#options.image?.(id) ?? greyPng(96, 96, 8, (x, y) => (x + y) % 256);

  #judge(body: unknown) {
    const { id, ...rest } = verdictRequestSchema.parse(body);
    const known = this.verdicts.find((verdict) => verdict.id === id);
    const at = new Date().toISOString();
    const verdict: Verdict = known ?? { id, ...rest, at, strategy: 'random-accepted', probability: 0.5 };
    if (known === undefined) this.verdicts.push(verdict);
    return { verdict, rewardScore: this.#shows(verdict) ? this.#score(verdict.item) : null };
  }

  #undo({ of }: UndoRequest) {
    this.undone.add(of);
    return { undone: of };
  }

  #progress(reader: string) {
    const judged = this.counting(reader).size;
    const precision = judged === 0 ? null : { value: 0.82, low: 0.61, high: 0.94, n: judged };
    const estimates = { precision, recall: null, kappa: null };
    return { judged, total: this.#options.samples, estimates, disputed: this.#disputed().length };
  }

  #disputed() {
    const readers = [...new Set(this.verdicts.map(({ reader }) => reader))];
    const counting = readers.map((reader) => this.counting(reader));
    return this.#ids()
      .map((id) => ({ id, verdicts: counting.flatMap((of) => of.get(id) ?? []) }))
      .filter(({ verdicts }) => new Set(verdicts.map(({ verdict }) => verdict)).size > 1);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** A grey PNG of `value(x, y)`. */
export function greyPng(
  width: number,
  height: number,
  depth: 8 | 16,
  value: (x: number, y: number) => number,
): Uint8Array {
  const data = depth === 8 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  for (let at = 0; at < data.length; at++) data[at] = value(at % width, Math.floor(at / width));
  return encode({ width, height, data, depth, channels: 1 });
}
