/**
 * The desk over HTTP. Whoever does not know the token sees nothing; the page may load nothing from elsewhere, and no other
 * page can speak for it: Host and Origin must be ours.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import { issuesText, readerSchema } from '../evaluation/verdicts/reader-verdict.js';
import { diskError } from '../disk.js';
import { Medgr2Error, messageOf, RunError } from '../errors.js';
import type { ReviewDesk } from './review-desk.js';
import { undoRequestSchema, verdictRequestSchema } from './review-messages.js';

export interface AppOptions {
  token: string;
  /** Folder of the built page. */
  pageDir: string;
  /** Whether a Host header, such as `127.0.0.1:4711`, is an address of this server. */
  isOwnHost(host: string): boolean;
  /** `http` or `https`. */
  scheme: string;
}

const headers = {
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/plain; charset=utf-8',
};

/** Longer than any verdict. */
const longestBody = 64 * 1024;

export function reviewApp(desk: ReviewDesk, { token, pageDir, isOwnHost, scheme }: AppOptions): Hono {
  const app = new Hono();
  const files = new Set(
    readdirSync(pageDir, { recursive: true, encoding: 'utf8' })
      .map((name) => name.split(sep).join('/'))
      .filter((name) => extname(name) in types),
  );
  const nothing = (): Response => new Response(null, { status: 404, headers });
  app.use(async (c, next) => {
    const [, given = ''] = c.req.path.split('/');
    const host = c.req.header('host') ?? '';
    const origin = c.req.header('origin');
    const foreign = origin !== undefined && origin !== `${scheme}://${host}`;
    if (!isSame(given, token) || !isOwnHost(host) || foreign) return nothing();
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
    return undefined;
  });
  app.notFound(() => nothing());
  app.onError((error, c) => {
    const known = diskError(error);
    if (!(known instanceof Medgr2Error)) return failed(c, 500, 'internal', messageOf(known), 'Give the command again.');
    return failed(c, statusOf(known.code), known.code, known.message, known.remedy ?? '');
  });

  const own = new Hono();
  own.get('/api/session', (c) => c.json(desk.session()));
  own.get('/api/queue', (c) => c.json(desk.queue(readerOf(c))));
  own.get('/api/items/:id', async (c) => c.json(await desk.item(c.req.param('id'), readerOf(c))));
  own.get('/api/images/:id', async (c) => {
    const { bytes, type } = await desk.image(c.req.param('id'));
    return c.body(new Uint8Array(bytes), 200, { 'content-type': type, 'cache-control': 'private, max-age=3600' });
  });
  own.get('/api/progress', (c) => c.json(desk.progress(readerOf(c))));
  own.get('/api/disputed', (c) => c.json(desk.disputed()));
  const limited = bodyLimit({
    maxSize: longestBody,
    onError: (c) => failed(c, 413, 'too-long', 'the verdict is too long', 'Shorten the comment.'),
  });
  own.post('/api/verdicts', limited, async (c) => c.json(desk.record(await bodyOf(c, verdictRequestSchema))));
  own.post('/api/undo', limited, async (c) => c.json(desk.undo(await bodyOf(c, undoRequestSchema))));
  own.get('/', (c) => pageFile(c, 'index.html'));
  own.get('/:name{.+}', (c) => pageFile(c, c.req.param('name')));
  const pageFile = (c: Context, name: string): Response => {
    if (!files.has(name)) return nothing();
    const cache = name === 'index.html' ? 'no-store' : 'private, max-age=31536000, immutable';
    const content = new Uint8Array(readFileSync(join(pageDir, name)));
    return c.body(content, 200, { 'content-type': types[extname(name)] ?? '', 'cache-control': cache });
  };
  // With a slash: what the page names lies below its folder.
  app.get(`/${token}`, (c) => c.redirect(`/${token}/`));
  app.route(`/${token}`, own);
  app.get(`/${token}/`, (c) => pageFile(c, 'index.html'));
  return app;
}

/** In a time that tells nothing of where they differ. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const wrong = (message: string): RunError =>
  new RunError('request-invalid', message, { remedy: 'Load the page again; it may be of another version.' });

function readerOf(c: Context): string {
  const given = c.req.query('reader');
  if (given === undefined) throw wrong('the request names no reader');
  const reader = readerSchema.safeParse(given);
  if (reader.success) return reader.data;
  throw new RunError(
    'request-invalid',
    `the reader's name cannot be used: ${issuesText(reader.error).replace(/^: /, '')}`,
    {
      remedy: 'Change the name, at the top of the page.',
    },
  );
}

async function bodyOf<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  if (c.req.header('content-type')?.startsWith('application/json') !== true) throw wrong('the request is no JSON');
  const body: unknown = await c.req.json().catch(() => null);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw wrong(`the request is no verdict: ${issuesText(parsed.error)}`);
}

/** Who sends a request again after 5xx would be refused again after these. */
const statuses: Readonly<Record<string, 400 | 404 | 409>> = {
  'request-invalid': 400,
  'verdict-invalid': 400,
  'unknown-item': 404,
  'image-missing': 404,
  'no-such-verdict': 404,
  'verdict-id-taken': 409,
  'sample-changed': 409,
};
const statusOf = (code: string): 400 | 404 | 409 | 500 => statuses[code] ?? 500;

const failed = (c: Context, status: 400 | 404 | 409 | 413 | 500, code: string, message: string, remedy: string) =>
  c.json({ error: { code, message, remedy } }, status);
