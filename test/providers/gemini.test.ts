import { getEventListeners } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ProviderCallError } from '../../src/providers/call-error.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import type { ProviderRequest } from '../../src/providers/provider.js';
import { apiKeyFromEnvironment } from '../../src/providers/secret.js';
import { startTeacherServer, type TeacherServerOptions } from '../../src/providers/simulated/simulated-server.js';
import { buildGeneratorPrompt } from '../../src/prompts/generator-prompt.js';
import { replySchema } from '../../src/prompts/parse.js';
import { book, imageBytes } from '../generation/support.js';

const apiKey = 'AIzaSy-not-a-real-key-0123456789';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function teacher(options: Partial<TeacherServerOptions> = {}) {
  const server = await startTeacherServer({ book, ...options });
  closers.push(() => server.close());
  return {
    server,
    provider: geminiProvider({ model: 'simulated-teacher', apiKey, baseUrl: server.url, timeoutMs: 2_000 }),
  };
}

/** A server that answers as the test says, for what the teacher never does. */
async function answering(listener: RequestListener, timeoutMs = 2_000) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return geminiProvider({ model: 'gemini-2.0-flash', apiKey, baseUrl, timeoutMs });
}

const json =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

function request(overrides: Partial<ProviderRequest> = {}, content = 'an image'): ProviderRequest {
  const { system, prompt } = buildGeneratorPrompt({
    strategy: 'direct',
    questionType: 'disease diagnosis',
    exemplars: [],
  });
  const image = { bytes: imageBytes(content), mediaType: 'image/png', path: 'image.png' };
  return { image, system, prompt, responseSchema: replySchema, temperature: 1, maxOutputTokens: 256, ...overrides };
}

/** What twenty requests end with, at a teacher of this seed. */
async function outcomes(seed: number): Promise<string[]> {
  const { provider } = await teacher({ faults: { malformed: 0.2, empty: 0.2, blocked: 0.2 }, seed });
  const replies = Array.from({ length: 20 }, (_, i) => provider.complete(request({}, `image ${i}`)));
  return (await Promise.all(replies)).map((reply) => `${reply.finish} ${reply.text}`);
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderCallError> {
  const thrown: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(ProviderCallError);
  return thrown as ProviderCallError;
}

describe('a structured reply', () => {
  it('comes back with its text and its tokens', async () => {
    const { server, provider } = await teacher();
    const reply = await provider.complete(request());
    expect(replySchema.parse(JSON.parse(reply.text)).questionType).toBe('disease diagnosis');
    expect(reply.finish).toBe('stop');
    expect(reply.usage?.inputTokens).toBeGreaterThan(258);
    expect(reply.usage?.outputTokens).toBeGreaterThan(10);
    expect(server.counts()).toMatchObject({ requests: 1, answered: 1, distinctAnswered: 1, repeatedAnswered: 0 });
  });

  it('is asked for with the schema, the key in a header only, and the image unchanged', async () => {
    let seen: { url: string; key: unknown; body: string } | undefined;
    const provider = await answering((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        seen = {
          url: incoming.url ?? '',
          key: incoming.headers['x-goog-api-key'],
          body: Buffer.concat(chunks).toString('utf8'),
        };
        response.end(JSON.stringify({ candidates: [{ content: { parts: [{ text: '{}' }] }, finishReason: 'STOP' }] }));
      });
    });
    // A view into a larger buffer, as file reads give.
    const bytes = Buffer.concat([Buffer.from('before'), imageBytes('an image')]).subarray(6);
    await provider.complete(request({ image: { bytes, mediaType: 'image/png', path: 'image.png' } }));
    expect(seen?.url).toBe('/v1beta/models/gemini-2.0-flash:generateContent');
    expect(seen?.key).toBe(apiKey);
    expect(seen?.body).not.toContain(apiKey);
    const body = JSON.parse(seen?.body ?? '') as Record<string, Record<string, unknown>>;
    expect(body.generationConfig).toMatchObject({ maxOutputTokens: 256, responseMimeType: 'application/json' });
    expect(body.generationConfig?.responseSchema).toMatchObject({ type: 'object' });
    expect(seen?.body).toContain(imageBytes('an image').toString('base64'));
  });

  it('leaves out what a thinking model says to itself', async () => {
    const parts = [{ text: 'Let me see. ', thought: true }, { text: '{"a":' }, { text: '1}' }];
    const usageMetadata = { promptTokenCount: 7, candidatesTokenCount: 3, thoughtsTokenCount: 20 };
    const provider = await answering(
      json({ candidates: [{ content: { parts }, finishReason: 'STOP' }], usageMetadata }),
    );
    const usage = { inputTokens: 7, outputTokens: 23, thinkingTokens: 20 };
    expect(await provider.complete(request())).toEqual({ text: '{"a":1}', finish: 'stop', usage });
  });
});

describe('a reply without usable text is a reply', () => {
  it.each([
    ['blocked', 'blocked'],
    ['empty', 'empty'],
    ['truncated', 'max-tokens'],
    ['malformed', 'stop'],
  ] as const)('%s', async (fault, finish) => {
    const { server, provider } = await teacher({ faults: { [fault]: 1 } });
    const reply = await provider.complete(request());
    expect(reply.finish).toBe(finish);
    expect(reply.usage?.inputTokens).toBeGreaterThan(0);
    if (fault === 'malformed') expect(() => JSON.parse(reply.text) as unknown).toThrow(SyntaxError);
    expect(server.counts()[fault]).toBe(1);
  });

  it.each(['SAFETY', 'PROHIBITED_CONTENT', 'SPII', 'BLOCKLIST'])('a candidate refused for %s', async (finishReason) => {
    const provider = await answering(json({ candidates: [{ content: { parts: [{ text: 'half' }] }, finishReason }] }));
    expect(await provider.complete(request())).toMatchObject({ finish: 'blocked', text: '' });
  });

  it('no candidate and no feedback', async () => {
    const provider = await answering(json({ usageMetadata: { promptTokenCount: 3 } }));
    expect(await provider.complete(request())).toMatchObject({ finish: 'empty', text: '' });
  });
});

describe('a call that fails says how', () => {
  it('overloaded, with the wait the server asks for, and answered on the next try', async () => {
    const { server, provider } = await teacher({ faults: { overloaded: 1 }, retryAfterMs: 1_500 });
    const error = await failureOf(provider.complete(request()));
    expect([503, 429]).toContain(error.status);
    expect(error).toMatchObject({ retryable: true, retryAfterMs: 1_500 });
    expect((await provider.complete(request())).finish).toBe('stop');
    expect(server.counts()).toMatchObject({ requests: 2, overloaded: 1, answered: 1, repeatedAnswered: 0 });
  });

  it.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
    [503, true],
  ])('status %i', async (status, retryable) => {
    const provider = await answering(json({ error: { code: status, message: 'No.' } }, status));
    expect(await failureOf(provider.complete(request()))).toMatchObject({ status, retryable });
  });

  it('a page instead of JSON', async () => {
    const provider = await answering((_request, response) => response.end('<html>Sign in</html>'));
    expect(await failureOf(provider.complete(request()))).toMatchObject({ failure: 'unreadable', retryable: true });
  });

  it('JSON of another kind, which is no empty reply', async () => {
    for (const body of [{}, { error: { message: 'Sign in' } }]) {
      const provider = await answering(json(body));
      expect(await failureOf(provider.complete(request()))).toMatchObject({ failure: 'unreadable', retryable: true });
    }
  });

  it.each([
    [400, 'Image too small.', true],
    [413, 'Too large.', true],
    [400, 'API key expired. Please renew the API key.', false],
    [400, 'User location is not supported for the API use.', false],
    [401, 'Who?', false],
    [404, 'No such model.', false],
  ])('status %i (%s) is of this request alone: %s', async (status, message, isOfRequest) => {
    const provider = await answering(json({ error: { code: status, message } }, status));
    expect(await failureOf(provider.complete(request()))).toMatchObject({ isOfRequest, retryable: false });
  });

  it('a connection cut in mid-reply', async () => {
    const provider = await answering((_request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"candidates":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failureOf(provider.complete(request()))).toMatchObject({ failure: 'unreachable', retryable: true });
  });

  it('nobody listens', async () => {
    const server = await startTeacherServer({ book });
    await server.close();
    const provider = geminiProvider({ model: 'm', apiKey, baseUrl: server.url });
    const error = await failureOf(provider.complete(request()));
    expect(error).toMatchObject({ failure: 'unreachable', code: 'provider-unreachable' });
    expect(error.remedy).toContain('base URL');
  });

  it('no answer in time, also when the reply has begun', async () => {
    const silent = await answering(() => undefined, 50);
    expect(await failureOf(silent.complete(request()))).toMatchObject({ failure: 'timeout', retryable: true });
    const stalled = await answering((_request, response) => void response.writeHead(200).write('{'), 50);
    expect(await failureOf(stalled.complete(request()))).toMatchObject({ failure: 'timeout' });
  });

  it('cancelled before and during the call, leaving no listener behind', async () => {
    const { server, provider } = await teacher({ latencyMs: 60_000 });
    await expect(failureOf(provider.complete(request({ signal: AbortSignal.abort() })))).resolves.toMatchObject({
      failure: 'cancelled',
      retryable: false,
    });
    expect(server.counts().requests).toBe(0);
    const controller = new AbortController();
    const started = performance.now();
    const pending = failureOf(provider.complete(request({ signal: controller.signal })));
    setTimeout(() => controller.abort(), 30);
    expect(await pending).toMatchObject({ failure: 'cancelled' });
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

describe('the key', () => {
  it('is in no error, even when the server repeats it', async () => {
    const provider = await answering(
      json({ error: { message: `Bad key ${apiKey}`, details: [{ key: apiKey }] } }, 400),
    );
    const error = await failureOf(provider.complete(request()));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(apiKey);
    expect(error.message).toContain('[API key]');
    expect(inspect(provider, { depth: 9, showHidden: true })).not.toContain(apiKey);
  });

  it('is read from the named variable, and a missing one is named', () => {
    expect(apiKeyFromEnvironment('MY_KEY', { MY_KEY: ` ${apiKey}\n` })).toBe(apiKey);
    expect(() => apiKeyFromEnvironment('MY_KEY', {})).toThrow(/MY_KEY/);
    let thrown: unknown;
    try {
      apiKeyFromEnvironment('MY_KEY', { MY_KEY: 'two\nlines-of-secret' });
    } catch (error) {
      thrown = error;
    }
    expect(inspect(thrown)).not.toContain('lines-of-secret');
    expect(thrown).toMatchObject({ code: 'malformed-api-key', exitCode: 2 });
  });
});

describe('the teacher', () => {
  it('wants a key, and only prompts of ours', async () => {
    const { server, provider } = await teacher();
    const post = (headers: Record<string, string>) =>
      fetch(`${server.url}/v1beta/models/m:generateContent`, { method: 'POST', body: '{}', headers });
    expect((await post({})).status).toBe(403);
    expect((await post({ 'x-goog-api-key': 'any' })).status).toBe(400);
    expect((await fetch(`${server.url}/v1beta/models`)).status).toBe(404);
    expect(await failureOf(provider.complete(request({ system: 'You are a pirate.' })))).toMatchObject({ status: 400 });
    expect(server.counts()).toMatchObject({ requests: 4, rejected: 4, answered: 0 });
  });

  it('meets the same request with the same fault, in every process', async () => {
    const first = await outcomes(5);
    expect(await outcomes(5)).toEqual(first);
    expect(await outcomes(6)).not.toEqual(first);
    expect(new Set(first.map((outcome) => outcome.split(' ')[0]))).toEqual(new Set(['stop', 'empty', 'blocked']));
  });

  it('says that its book failed without ending the process', async () => {
    const failing = {
      reply: () => {
        throw new Error('torn page');
      },
    };
    const { provider } = await teacher({ book: failing });
    expect((await failureOf(provider.complete(request()))).message).toContain('torn page');
    const { server, provider: silent } = await teacher({ book: { reply: () => null } });
    expect(await silent.complete(request())).toMatchObject({ finish: 'empty' });
    expect(server.counts().unknown).toBe(1);
  });
});
