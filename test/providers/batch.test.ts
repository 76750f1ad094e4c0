/** What the batch clients make of servers that answer otherwise than they should, and of each kind of error. */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { BatchItem, BatchStatus } from '../../src/providers/batch/batch-client.js';
import { ProviderCallError } from '../../src/providers/call-error.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { openAiProvider } from '../../src/providers/openai.js';
import { Folder } from '../generation/support.js';

const key = 'a-key-that-nobody-may-read';
const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => void request.resume().on('end', () => answer(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const batches = (url: string) => ({
  gemini: geminiProvider({ model: 'm', apiKey: key, baseUrl: url }).batch,
  openai: openAiProvider({ model: 'm', apiKey: key, baseUrl: `${url}/v1` }).batch,
});
const failure = async (promise: Promise<unknown>): Promise<ProviderCallError> => {
  const thrown = await promise.catch((error: unknown) => error);
  if (thrown instanceof ProviderCallError) return thrown;
  throw new Error(`no ProviderCallError: ${String(thrown)}`);
};

it('images go to no address on another server, whoever names it', async () => {
  let taken = 0;
  const elsewhere = await serve((_, response) => {
    taken += 1;
    response.end('{"file":{"name":"files/x"}}');
  });
  using folder = new Folder();
  const path = folder.file('body.jsonl');
  writeFileSync(path, '{}\n');
  const naming = batches(
    await serve((_, response) => response.writeHead(200, { 'x-goog-upload-url': elsewhere }).end()),
  );
  expect((await failure(naming.gemini.upload('medgr2-x', path))).message).toMatch(/another server/);
  const turning = batches(await serve((_, response) => response.writeHead(307, { location: `${elsewhere}/` }).end()));
  for (const client of Object.values(turning)) await failure(client.upload('medgr2-x', path));
  expect(taken).toBe(0);
});

it('names that are none, pages and echoed keys end in errors that say so and hold no key', async () => {
  const answers = ['<html>', '[]', '{"id":"../../x","name":"batches/../x"}', `{"error":"${key}"}`];
  for (const answer of answers) {
    const clients = batches(await serve((_, response) => response.end(answer)));
    for (const client of Object.values(clients))
      expect((await failure(client.start('medgr2-x', 'files/f'))).failure).toBe('unreadable');
  }
  const refusing = batches(
    await serve((_, response) => response.writeHead(401).end(`{"error":{"message":"no ${key}"}}`)),
  );
  for (const [protocol, client] of Object.entries(refusing)) {
    const error = await failure(client.poll(protocol === 'gemini' ? 'batches/b' : 'batch-b'));
    expect(error.message).not.toContain(key);
    expect([error.failure, error.isOfRequest]).toEqual(['rejected', false]);
  }
});

const lines = {
  gemini: [
    { key: 'quota', error: { code: 8, message: 'Resource has been exhausted.' } },
    { key: 'broken', error: { code: 13, message: 'Internal.' } },
    { key: 'wrong', error: { code: 3, message: 'Invalid image.' } },
    { key: 'cut', response: { candidates: [{ finishReason: 'SAFETY' }], usageMetadata: { promptTokenCount: 9 } } },
    {
      metadata: { key: 'good' },
      response: { candidates: [{ content: { parts: [{ text: '{}' }] } }], usageMetadata: {} },
    },
  ],
  openai: [
    { custom_id: 'quota', response: { status_code: 429, body: { error: { message: 'Too many.' } } } },
    { custom_id: 'broken', response: null, error: { code: 'batch_expired', message: 'Not in time.' } },
    // As gateways tell of what failed behind them.
    { custom_id: 'wrong', response: { status_code: 200, body: { error: { code: 400, message: 'Invalid image.' } } } },
    { custom_id: 'cut', response: { status_code: 400, body: { error: { code: 'content_filter' } } } },
    {
      custom_id: 'good',
      response: { status_code: 200, body: { choices: [{ message: { content: '{}' } }], usage: { prompt_tokens: 1 } } },
    },
  ],
};

it.each(['gemini', 'openai'] as const)('each kind of result of %s is what it would be by itself', async (protocol) => {
  const text = [...lines[protocol].map((line) => JSON.stringify(line)), '{"key": "half', ''].join('\n');
  const client = batches(await serve((_, response) => response.end(text)))[protocol];
  const outputs = [protocol === 'gemini' ? 'files/f' : 'file-f'];
  const status: BatchStatus = { state: 'succeeded', ended: 5, outputs, error: null };
  const items: BatchItem[] = [];
  for await (const item of client.results(status)) items.push(item);
  const said = items.map((item) =>
    'damaged' in item
      ? ['damaged']
      : 'error' in item
        ? [item.key, item.error.retryable, item.error.isOfRequest]
        : [item.key, item.reply.finish],
  );
  expect(said).toEqual([
    ['quota', true, false],
    ['broken', true, false],
    ['wrong', false, true],
    ['cut', 'blocked'],
    ['good', 'stop'],
    ['damaged'],
  ]);
});
