/** A server that never ends its answer, or packs gigabytes into it, costs a few megabytes and is told as what it is. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { replySchema } from '../../src/prompts/parse.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { openAiProvider } from '../../src/providers/openai.js';
import type { Provider } from '../../src/providers/provider.js';
import { imageBytes } from '../generation/support.js';

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (provider: Provider) =>
  provider.complete({
    image: { bytes: imageBytes('an image'), mediaType: 'image/png', path: 'image.png' },
    system: 's',
    prompt: 'p',
    responseSchema: replySchema,
    temperature: 1,
    maxOutputTokens: 8,
  });

const zeros = Buffer.alloc(64 * 1024, ' ');
let sent = 0;
const endless =
  (status: number): RequestListener =>
  (_request, response) => {
    sent = 0;
    response.writeHead(status, { 'content-type': 'application/json' });
    const more = (): void => {
      while (!response.destroyed) {
        sent += zeros.length;
        if (!response.write(zeros)) return void response.once('drain', more);
      }
    };
    more();
  };
const packed = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
const bomb: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed);

describe.each([
  ['openai', (baseUrl: string) => openAiProvider({ model: 'm', baseUrl })],
  ['gemini', (baseUrl: string) => geminiProvider({ model: 'm', apiKey: 'not-a-real-key', baseUrl })],
])('%s', (name, providerOf) => {
  test.each([
    ['never ends', endless(200)],
    ['unpacks to far more', bomb],
  ])('an answer that %s is unreadable', async (_what, listener) => {
    const failure = { failure: 'unreadable', message: expect.stringMatching(/larger than 8 MiB/) as string };
    await expect(ask(providerOf(await serve(listener)))).rejects.toMatchObject({ ...failure, retryable: true });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('an error that never ends is still an error', async () => {
    await expect(ask(providerOf(await serve(endless(503))))).rejects.toMatchObject({
      failure: name === 'gemini' ? 'overloaded' : 'unreadable',
    });
  });

  test('a redirect is not followed', async () => {
    let asked = 0;
    const other = await serve((_request, response) => {
      asked += 1;
      response.end('{}');
    });
    const from = await serve((_request, response) => void response.writeHead(307, { location: other }).end());
    await expect(ask(providerOf(from))).rejects.toMatchObject({ failure: 'unreachable' });
    expect(asked).toBe(0);
  });
});

test('other calls of the same program are let be', async () => {
  const large = await serve((_request, response) => void response.end(Buffer.alloc(9 * 1024 * 1024)));
  expect((await (await fetch(large)).arrayBuffer()).byteLength).toBe(9 * 1024 * 1024);
});
