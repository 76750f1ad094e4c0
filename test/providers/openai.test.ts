import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { StructuredOutput } from '../../src/config/asking/asked-providers.js';
import { buildGeneratorPrompt } from '../../src/prompts/generator-prompt.js';
import { parseReply, replySchema } from '../../src/prompts/parse.js';
import { openAiProvider, type OpenAiOptions } from '../../src/providers/openai.js';
import { readChatReply, readError } from '../../src/providers/openai-reply.js';
import { retryAfterMs } from '../../src/providers/retry-after.js';
import type { ProviderRequest } from '../../src/providers/provider.js';
import { jsonForm, strictJsonSchema } from '../../src/providers/reply-form.js';
import { startTeacherServer } from '../../src/providers/simulated/simulated-server.js';
import { book, imageBytes } from '../generation/support.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Seen {
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

/** A server that answers as the test says and records what it was sent. */
async function serve(answer: (response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ headers: request.headers, body: JSON.parse(body) as Record<string, unknown> });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

const request = (change: Partial<ProviderRequest> = {}): ProviderRequest => ({
  image: { bytes: imageBytes('one'), mediaType: 'image/png', path: 'image.png' },
  ...buildGeneratorPrompt({ strategy: 'step-by-step', questionType: 'disease diagnosis', exemplars: [] }),
  responseSchema: replySchema,
  temperature: 0.5,
  maxOutputTokens: 99,
  ...change,
});
const completion = (content: string | null, finish_reason = 'stop'): string =>
  JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  });
const answering =
  (body: string, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, headers);
    response.end(body);
  };
const ask = (baseUrl: string, options: Partial<OpenAiOptions> = {}, change: Partial<ProviderRequest> = {}) =>
  openAiProvider({ model: 'vlm', baseUrl, ...options }).complete(request(change));
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => null).catch((error: unknown) => error);

describe('the OpenAI-compatible provider', () => {
  it('sends the image as a data URL, the form in words and the parameters, and reads the reply', async () => {
    const { seen, baseUrl } = await serve(answering(completion('{"question":"?"}')));
    const reply = await ask(baseUrl);
    expect(reply).toEqual({ text: '{"question":"?"}', finish: 'stop', usage: { inputTokens: 7, outputTokens: 3 } });
    const { body, headers } = seen[0] as Seen;
    expect(headers.authorization).toBeUndefined();
    expect(body).toMatchObject({ model: 'vlm', temperature: 0.5, max_tokens: 99 });
    const [system, user] = body['messages'] as { content: unknown }[];
    expect(system?.content).toContain('"answer" (text)');
    expect(user?.content).toEqual([
      { type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) as string } },
      { type: 'text', text: expect.stringContaining('disease diagnosis') as string },
    ]);
  });

  it.each<[StructuredOutput, string | undefined]>([
    ['json-schema', 'json_schema'],
    ['json-object', 'json_object'],
    ['none', undefined],
  ])('holds replies to their structure by %s', async (structuredOutput, type) => {
    const { seen, baseUrl } = await serve(answering(completion('{}')));
    await ask(baseUrl, { structuredOutput, lengthField: 'max_completion_tokens' });
    expect(seen[0]?.body['max_completion_tokens']).toBe(99);
    expect((seen[0]?.body['response_format'] as { type?: string } | undefined)?.type).toBe(type);
    expect(openAiProvider({ model: 'm', baseUrl, structuredOutput }).capabilities.structuredOutput).toBe(
      structuredOutput,
    );
  });

  it('asks strict servers for every field in order, and describes the same fields in words', () => {
    const schema = strictJsonSchema(replySchema) as { properties: object; required: string[] };
    expect(Object.keys(schema.properties)).toEqual(schema.required);
    expect(schema).toMatchObject({ additionalProperties: false, type: 'object' });
    expect(JSON.stringify(schema)).not.toMatch(/minLength|maxItems|\$schema/);
    const words = jsonForm(replySchema);
    for (const name of schema.required) expect(words).toContain(`"${name}"`);
    expect(words).toContain('"options" (list of texts)');
  });

  it('tells refusals apart and keeps the wait that a 429 asks for', async () => {
    const limited = await serve(answering('{"error":{"message":"slow down"}}', 429, { 'retry-after': '1.5' }));
    expect(await failure(ask(limited.baseUrl))).toMatchObject({
      failure: 'rate-limited',
      retryAfterMs: 1500,
      message: 'HTTP 429: slow down',
    });
    const wrong = await serve(answering('{"detail":"no such model"}', 404));
    expect(await failure(ask(wrong.baseUrl))).toMatchObject({ failure: 'rejected', retryable: false });
    const behind = await serve(answering('{"error":{"message":"Insufficient credits","code":402}}'));
    expect(await failure(ask(behind.baseUrl))).toMatchObject({ failure: 'rejected', retryable: false, status: 402 });
    const html = await serve(answering('<html>proxy</html>'));
    expect(await failure(ask(html.baseUrl))).toMatchObject({ failure: 'unreadable' });
    const gone = await failure(ask('http://127.0.0.1:9/v1'));
    expect(gone).toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/refused|bad port/) as string,
    });
  });

  it('cuts a server that stalls, also in the middle of its reply, and stops when told to', async () => {
    const silent = await serve(() => undefined);
    expect(await failure(ask(silent.baseUrl, { timeoutMs: 50 }))).toMatchObject({ failure: 'timeout' });
    const half = await serve((response) => {
      response.writeHead(200);
      response.write('{"choices":');
    });
    expect(await failure(ask(half.baseUrl, { timeoutMs: 300 }))).toMatchObject({ failure: 'timeout' });
    expect(await failure(ask(silent.baseUrl, {}, { signal: AbortSignal.timeout(50) }))).toMatchObject({
      failure: 'cancelled',
    });
  });

  it('follows no redirect: the image would go where nobody allowed it to', async () => {
    const elsewhere = await serve(answering(completion('{}')));
    const { baseUrl } = await serve(answering('', 307, { location: `${elsewhere.baseUrl}/chat/completions` }));
    expect(await failure(ask(baseUrl))).toMatchObject({ failure: 'unreachable' });
    expect(elsewhere.seen).toEqual([]);
  });

  it('keeps the key out of errors', async () => {
    const apiKey = 'sk-not-a-real-key-1234567';
    const { seen, baseUrl } = await serve(answering(`{"error":"bad key ${apiKey}"}`, 401));
    const error = (await failure(ask(baseUrl, { apiKey }))) as Error;
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(JSON.stringify(error) + error.message).not.toContain(apiKey);
  });
});

describe('replies of chat completions', () => {
  const read = (content: string | null, finish?: string) => readChatReply(completion(content, finish), 'here');
  it('are blocked, empty, cut off, or text without its thinking', () => {
    expect(read(null, 'content_filter')).toMatchObject({ text: '', finish: 'blocked' });
    expect(read('')).toMatchObject({ finish: 'empty' });
    expect(read('{"a', 'length')).toMatchObject({ finish: 'max-tokens' });
    expect(read('<think>\nso\n</think>\n{"a":1}').text).toBe('{"a":1}');
    const refusal = '{"choices":[{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"stop"}]}';
    expect(readChatReply(refusal, 'here')).toEqual({ text: '', finish: 'refused', why: 'I cannot', usage: null });
  });

  it('read the wait as seconds, milliseconds or a date, and messages in every common form', () => {
    const wait = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), Date.UTC(2026, 0, 1));
    expect(wait({ 'retry-after': '2' })).toBe(2000);
    expect(wait({ 'retry-after-ms': '30', 'retry-after': '2' })).toBe(30);
    expect(wait({ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' })).toBe(5000);
    expect(wait({})).toBeUndefined();
    expect(['{"message":"a"}', '{"error":"b"}', 'plain', ''].map(readError)).toEqual(['a', 'b', 'plain', 'no message']);
  });
});

it('works with the simulated teacher, which speaks this protocol too', async () => {
  await using server = await startTeacherServer({ book, faults: { malformed: 0.2, blocked: 0.2, truncated: 0.2 } });
  const counts = { sample: 0, dropped: 0 };
  for (let i = 0; i < 30; i++) {
    const image = { bytes: imageBytes(`image ${i}`), mediaType: 'image/png', path: 'image.png' };
    const reply = await ask(`${server.url}/v1`, {}, { image });
    counts[
      parseReply(reply.text, { questionType: 'disease diagnosis', finish: reply.finish }).ok ? 'sample' : 'dropped'
    ]++;
  }
  const { malformed, blocked, truncated, answered } = server.counts();
  expect(answered).toBe(30);
  expect(malformed + blocked + truncated).toBe(counts.dropped);
  expect(counts.sample).toBeGreaterThan(5);
});
