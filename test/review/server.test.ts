/** The desk over HTTP: what it answers, to whom, and what is left when it is killed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reviewQueue } from '../../src/loop/review/review-queue.js';
import { reviewSummary } from '../../src/loop/review/review-summary.js';
import { importReview } from '../../src/review/exchange/exchange-review.js';
import { openDesk, type ReviewDesk } from '../../src/review/review-desk.js';
import {
  disputedReplySchema,
  progressSchema,
  queueReplySchema,
  reviewErrorSchema,
  reviewItemSchema,
  sessionSchema,
  undoReplySchema,
  verdictReplySchema,
  type VerdictRequest,
} from '../../src/review/review-messages.js';
import { serveReview, type ReviewServer } from '../../src/review/serve-review.js';
import { reviewConfig, reviewedRun, type ReviewedRun } from './reviewed-run.js';

let run: ReviewedRun;
let desk: ReviewDesk;
let server: ReviewServer;
const pageDir = mkdtempSync(join(tmpdir(), 'medgr2-page-'));
beforeAll(async () => {
  mkdirSync(join(pageDir, 'assets'));
  writeFileSync(join(pageDir, 'index.html'), '<!doctype html><title>desk</title>');
  writeFileSync(join(pageDir, 'assets', 'a.js'), 'let a;');
  writeFileSync(join(pageDir, 'secret.key'), 'no');
  run = await reviewedRun();
});
beforeEach(async () => {
  rmSync(join(run.runDir, 'verdicts.jsonl'), { force: true });
  desk = await openDesk(run.runDir, { size: 12 });
  server = await serveReview(desk, { pageDir });
  return async () => {
    await server.close();
    desk[Symbol.dispose]();
  };
});
afterAll(() => {
  run[Symbol.dispose]();
  rmSync(pageDir, { recursive: true });
});

const get = async (path: string): Promise<unknown> => (await fetch(`${server.url}${path}`)).json();
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const itemsOf = async (reader: string) => queueReplySchema.parse(await get(`api/queue?reader=${reader}`)).items;
const verdictOn = (item: string, more: Partial<VerdictRequest> = {}): VerdictRequest => ({
  id: crypto.randomUUID(),
  item,
  reader: 'A',
  verdict: 'accept',
  seconds: 4,
  scoreSeen: false,
  ...more,
});

describe('a reader', () => {
  test('judges a queue: every reply is as the schemas say, and what was answered is on disk', async () => {
    expect(sessionSchema.parse(await get('api/session'))).toMatchObject({ run: 'run', scoreHidden: true, readers: [] });
    const [first, second] = await itemsOf('A');
    const path = `api/items/${first?.id}?reader=A`;
    const item = reviewItemSchema.parse(await get(path));
    expect(item).toMatchObject({ cycle: 1, rewardScore: null, verdict: null, image: { bits: 8 } });
    const image = await fetch(`${server.url}${item.image.path}`);
    expect(image.headers.get('content-type')).toBe('image/png');
    const { width, height } = await sharp(Buffer.from(await image.arrayBuffer())).metadata();
    expect([item.image.width, item.image.height]).toEqual([width, height]);

    const given = verdictOn(item.id, { comment: 'clear' });
    const reply = verdictReplySchema.parse(await (await post('api/verdicts', given)).json());
    const lines = () => readFileSync(join(run.runDir, 'verdicts.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(lines()[0]!)).toEqual(reply.verdict);
    expect(reply.verdict).toMatchObject({ strategy: item.why, probability: desk.drawn.items[0]?.probability });
    expect(reply.rewardScore).not.toBeNull();
    expect(reviewItemSchema.parse(await get(path))).toMatchObject({ rewardScore: reply.rewardScore, verdict: given });
    expect(reviewItemSchema.parse(await get(path.replace('=A', '=B')))).toMatchObject({ rewardScore: null });

    expect(await (await post('api/verdicts', given)).json()).toEqual(reply);
    await post('api/verdicts', verdictOn(second!.id, { verdict: 'bad-question' }));
    await post('api/verdicts', verdictOn(second!.id, { reader: 'B' }));
    const progress = progressSchema.parse(await get('api/progress?reader=A'));
    expect(progress).toMatchObject({ judged: 2, total: 12, disputed: 1 });
    const disputed = disputedReplySchema.parse(await get('api/disputed')).items;
    expect(disputed).toMatchObject([{ id: second?.id, verdicts: [{ reader: 'A' }, { reader: 'B' }] }]);

    const undo = { id: crypto.randomUUID(), of: given.id, reader: 'A' };
    for (let time = 0; time < 2; time++)
      expect(undoReplySchema.parse(await (await post('api/undo', undo)).json())).toEqual({ undone: given.id });
    expect(lines()).toHaveLength(4);
    expect((await itemsOf('A')).map(({ verdict }) => verdict?.verdict ?? null).slice(0, 3)).toEqual([
      null,
      'bad-question',
      null,
    ]);
    // Skipped, its score stays hidden; a verdict that was taken back has shown it.
    const skipped = await (await post('api/verdicts', verdictOn(item.id, { verdict: 'skip' }))).json();
    expect(skipped).toMatchObject({ rewardScore: null, verdict: { scoreSeen: true } });
  });

  test('is told what is wrong with a verdict, and nothing is written', async () => {
    const [first] = await itemsOf('A');
    const { options, answer } = reviewItemSchema.parse(await get(`api/items/${first?.id}?reader=A`));
    const wrong = { verdict: 'wrong-answer' } as const;
    const refused: [Partial<VerdictRequest> & Record<string, unknown>, number, string][] = [
      [{ item: 'other' }, 404, 'unknown-item'],
      [{ correctedAnswer: 'x' }, 400, 'request-invalid'],
      [{ ...wrong, correctedAnswer: 'no option' }, 400, 'verdict-invalid'],
      [{ ...wrong, correctedAnswer: answer }, 400, 'verdict-invalid'],
      [{ reader: ' ' }, 400, 'request-invalid'],
      [{ seconds: -1 }, 400, 'request-invalid'],
      [{ more: 1 }, 400, 'request-invalid'],
      [{ seen: '0123456789abcdef' }, 409, 'sample-changed'],
      [{ comment: 'x'.repeat(70_000) }, 413, 'too-long'],
    ];
    for (const [change, status, code] of refused) {
      const reply = await post('api/verdicts', { ...verdictOn(first!.id), ...change });
      expect([reply.status, reviewErrorSchema.parse(await reply.json()).error.code], code).toEqual([status, code]);
    }
    expect(options).not.toEqual([]);
    expect((await post('api/undo', { id: crypto.randomUUID(), of: crypto.randomUUID(), reader: 'A' })).status).toBe(
      404,
    );
    expect(await fetch(`${server.url}api/queue`).then(({ status }) => status)).toBe(400);
    expect(await get('api/queue?reader=%E2%80%AEA')).toMatchObject({
      error: {
        message: "the reader's name cannot be used: a name has no control characters",
        remedy: expect.stringContaining('Change the name'),
      },
    });
    expect(progressSchema.parse(await get('api/progress?reader=A')).judged).toBe(0);
  });

  test('gets images of 16 bits as they are', async () => {
    const file = join(run.runDir, 'deep.png');
    const grey = new Uint16Array(64 * 48).map((_, at) => at * 20);
    await sharp(grey, { raw: { width: 64, height: 48, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(file);
    const [first] = await itemsOf('A');
    const { image } = reviewItemSchema.parse(await get(`api/items/${first?.id}?reader=A`));
    const path = join(run.runDir, 'images');
    const names = (await import('node:fs')).readdirSync(path);
    const saved = names.map((name) => [name, readFileSync(join(path, name))] as const);
    for (const name of names) writeFileSync(join(path, name), readFileSync(file));
    try {
      const item = reviewItemSchema.parse(await get(`api/items/${first?.id}?reader=A`));
      expect(item.image).toEqual({ ...image, width: 64, height: 48, bits: 16 });
      const sent = Buffer.from(await (await fetch(`${server.url}${image.path}`)).arrayBuffer());
      expect(sent.equals(readFileSync(file))).toBe(true);
      // 12 bits in a TIFF, which no browser shows.
      const tiff = await sharp(
        grey.map((value) => value % 4096),
        { raw: { width: 64, height: 48, channels: 1 } },
      )
        .toColourspace('grey16')
        .tiff({ compression: 'none' })
        .toBuffer();
      for (const name of names) writeFileSync(join(path, name), tiff);
      const made = sharp(Buffer.from(await (await fetch(`${server.url}${image.path}`)).arrayBuffer()));
      expect(await made.metadata()).toMatchObject({ format: 'png', depth: 'ushort' });
      const pixels = await made.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
      expect(pixels.readUInt16LE(2 * 199)).toBe((199 * 20) % 4096);
      for (const name of names) rmSync(join(path, name));
      const lost = await fetch(`${server.url}${image.path}`);
      expect([lost.status, reviewErrorSchema.parse(await lost.json()).error.code]).toEqual([404, 'image-missing']);
    } finally {
      for (const [name, bytes] of saved) writeFileSync(join(path, name), bytes);
    }
  });
});

describe('a stranger', () => {
  /** fetch would not send another Host. */
  const ask = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request({ port: server.port, host: '127.0.0.1', path, headers }, (reply) => {
        let body = '';
        reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
        reply.on('end', () => resolve({ status: reply.statusCode, body }));
      })
        .on('error', reject)
        .end();
    });

  test('sees nothing: without the token, by another name, from another page, outside of the page', async () => {
    const { pathname, host } = new URL(server.url);
    expect((await ask(`${pathname}api/session`, { host })).status).toBe(200);
    expect(
      (
        await ask(`${pathname}api/session`, {
          host: `localhost:${server.port}`,
          origin: `http://localhost:${server.port}`,
        })
      ).status,
    ).toBe(200);
    const refused: [string, Record<string, string>][] = [
      ['/', { host }],
      ['/api/session', { host }],
      [`${pathname.slice(0, -2)}/api/session`, { host }],
      [`${pathname}api/session`, { host: `evil.example:${server.port}` }],
      [`${pathname}api/session`, { host: '127.0.0.1:1' }],
      [`${pathname}api/session`, { host, origin: 'https://evil.example' }],
      [`${pathname}api/session`, { host, origin: 'null' }],
      [`${pathname}api/nothing`, { host }],
      [`${pathname}secret.key`, { host }],
      [`${pathname}../run/config.yaml`, { host }],
      [`${pathname}..%2f..%2fetc%2fpasswd`, { host }],
      [`${pathname}%2e%2e/config.yaml`, { host }],
    ];
    for (const [path, headers] of refused)
      expect(await ask(path, headers), `${path} ${JSON.stringify(headers)}`).toEqual({ status: 404, body: '' });
    const posted = await post('api/verdicts', verdictOn('x'), { 'content-type': 'text/plain' });
    expect(posted.status).toBe(400);
  });

  test('finds no door in the page: strict headers, nothing cached that is anyone’s', async () => {
    const page = await fetch(server.url);
    expect(await page.text()).toContain('desk');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    expect(page.headers.get('cache-control')).toBe('no-store');
    const script = await fetch(`${server.url}assets/a.js`);
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect((await fetch(`${server.url}api/session`)).headers.get('cache-control')).toBe('no-store');
    const unslashed = await fetch(server.url.slice(0, -1), { redirect: 'manual' });
    expect([unslashed.status, unslashed.headers.get('location')]).toEqual([302, new URL(server.url).pathname]);
  });
});

describe('the address', () => {
  test('is the same at the next start, for its user alone, and another where the port is taken', async () => {
    const { url } = server;
    expect(Buffer.from(new URL(url).pathname.slice(1, -1), 'base64url')).toHaveLength(32);
    expect(statSync(join(run.runDir, 'review', 'address.json')).mode & 0o077).toBe(0);
    const beside = await serveReview(desk, { pageDir });
    expect(beside.port).not.toBe(server.port);
    await expect(serveReview(desk, { pageDir, port: server.port })).rejects.toMatchObject({ code: 'port-taken' });
    await beside.close();
    await server.close();
    server = await serveReview(desk, { pageDir, port: Number(new URL(url).port) });
    expect(server.url).toBe(url);
  });

  test('is of this machine alone, unless there is a certificate', async () => {
    await expect(serveReview(desk, { pageDir, listen: '0.0.0.0' })).rejects.toMatchObject({
      code: 'listen-without-tls',
      exitCode: 2,
      remedy: expect.stringContaining('ssh -L') as string,
    });
  });
});

test('a run that went on takes verdicts on the cycle before, from a page that stayed open and from a file of another tool', async () => {
  const [first, second] = (await reviewQueue(run.runDir)).items;
  await run.again(reviewConfig('cycles=2'));
  desk[Symbol.dispose]();
  using newer = await openDesk(run.runDir, { size: 12 });
  expect(newer.drawn.cycle).toBe(2);
  expect(newer.queue('A').items.map(({ id }) => id)).not.toContain(first?.id);

  expect(await newer.item(first!.id, 'A')).toMatchObject({ cycle: 1, verdict: null, rewardScore: null });
  expect((await newer.image(first!.id)).bytes.length).toBeGreaterThan(0);
  const { verdict } = newer.record(verdictOn(first!.id));
  expect(await newer.item(first!.id, 'A')).toMatchObject({ verdict });
  expect(newer.progress('A'), 'of the queue that is judged').toMatchObject({ judged: 0, total: 12 });
  expect(reviewSummary(run.runDir)).toMatchObject({ judged: 1, cycles: [{ cycle: 1, judged: 1 }] });
  newer[Symbol.dispose]();

  const task = { id: second!.id, responses: { verdict: [{ value: 'accept', user_id: 'B' }] } };
  writeFileSync(join(pageDir, 'records.json'), JSON.stringify([task]));
  const taken = await importReview(run.runDir, { format: 'argilla', file: join(pageDir, 'records.json') });
  expect(taken).toEqual({ taken: 1, known: 0, refused: [] });
});
