/** What a reply cost and who wrote it, as providers tell it; and what may be told to them about thinking and filters. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseReply, replySchema } from '../../src/prompts/parse.js';
import { geminiProvider, type GeminiOptions } from '../../src/providers/gemini.js';
import { openAiProvider, type OpenAiOptions } from '../../src/providers/openai.js';
import { readChatReply } from '../../src/providers/openai-reply.js';
import { imageBytes } from '../generation/support.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(answer: object, status = 200) {
  const seen: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(JSON.parse(body) as Record<string, unknown>);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const request = {
  image: { bytes: imageBytes('one'), mediaType: 'image/png', path: 'image.png' },
  system: 's',
  prompt: 'p',
  responseSchema: replySchema,
  temperature: 0.5,
  maxOutputTokens: 99,
};
async function gemini(answer: object, options: Partial<GeminiOptions> = {}) {
  const { seen, baseUrl } = await serve(answer);
  const provider = geminiProvider({ model: 'gemini-2.5-flash', apiKey: 'key', baseUrl, ...options });
  return { reply: await provider.complete(request), sent: seen[0] ?? {}, provider };
}
const chat = (usage: object, more: object = {}): string =>
  JSON.stringify({ choices: [{ message: { content: '{}' }, finish_reason: 'stop' }], usage, ...more });
const usageOf = (usage: object) => readChatReply(chat(usage), 'here').usage;

describe('tokens of chat completions', () => {
  it.each([
    ['as they are', { prompt_tokens: 20, completion_tokens: 198, total_tokens: 218 }, 20, 198],
    [
      'with thoughts that only the total tells',
      { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 },
      20,
      603,
    ],
    [
      'with thoughts among the output',
      {
        prompt_tokens: 20,
        completion_tokens: 603,
        total_tokens: 623,
        completion_tokens_details: { reasoning_tokens: 405 },
      },
      20,
      603,
    ],
    [
      'with thoughts beside the output and no total',
      { prompt_tokens: 20, completion_tokens: 198, completion_tokens_details: { reasoning_tokens: 405 } },
      20,
      603,
    ],
    ['without a total', { prompt_tokens: 7, completion_tokens: 3 }, 7, 3],
    ['with a total that is too small', { prompt_tokens: 7, completion_tokens: 3, total_tokens: 3 }, 7, 3],
    ['with nulls', { prompt_tokens: 7, completion_tokens: null, total_tokens: 10 }, 7, 3],
  ])('are billed %s', (_, usage, inputTokens, outputTokens) => {
    expect(usageOf(usage)).toMatchObject({ inputTokens, outputTokens });
  });

  it('are unknown where they are not told, which makes no reply unreadable', () => {
    const nothing = [{}, { prompt_tokens: 7 }, { completion_tokens: 7 }, { total_tokens: 9 }];
    const nonsense = [
      { prompt_tokens: -1, completion_tokens: -1, total_tokens: -1 },
      { prompt_tokens: '20', completion_tokens: '198' },
      { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      { prompt_tokens: 7.5, completion_tokens: 1e300 },
    ];
    for (const usage of [...nothing, ...nonsense]) expect(usageOf(usage)).toBeNull();
  });

  it('tell what was cached, in either form', () => {
    const base = { prompt_tokens: 100, completion_tokens: 1 };
    expect(usageOf({ ...base, prompt_tokens_details: { cached_tokens: 64 } })).toMatchObject({ cachedInputTokens: 64 });
    expect(usageOf({ ...base, prompt_cache_hit_tokens: 64 })).toMatchObject({ cachedInputTokens: 64 });
  });

  it('come with the model that answered, with parts, and with calls of tools', () => {
    expect(readChatReply(chat({}, { model: 'gpt-5-mini-2025-08-07' }), 'here').modelVersion).toBe(
      'gpt-5-mini-2025-08-07',
    );
    const message = (content: unknown, more: object = {}) =>
      readChatReply(JSON.stringify({ choices: [{ message: { content, ...more } }] }), 'here').text;
    expect(
      message([
        { type: 'text', text: '{"a"' },
        { type: 'text', text: ':1}' },
      ]),
    ).toBe('{"a":1}');
    expect(message(null, { tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] })).toBe(
      '{"a":1}',
    );
  });
});

describe('tokens of Gemini', () => {
  const candidate = { content: { parts: [{ text: '{}' }] }, finishReason: 'STOP' };
  const counted = async (usageMetadata: object) =>
    (await gemini({ candidates: [candidate], usageMetadata })).reply.usage;

  it('count thoughts as output, also where only the total tells of them, and what was cached', async () => {
    const thought = { promptTokenCount: 20, candidatesTokenCount: 198, thoughtsTokenCount: 405, totalTokenCount: 623 };
    expect(await counted(thought)).toEqual({ inputTokens: 20, outputTokens: 603, thinkingTokens: 405 });
    const { thoughtsTokenCount: _, ...silent } = thought;
    expect(await counted(silent)).toEqual({ inputTokens: 20, outputTokens: 603 });
    expect(await counted({ ...thought, cachedContentTokenCount: 16 })).toMatchObject({ cachedInputTokens: 16 });
    expect(await counted({ promptTokenCount: 20, toolUsePromptTokenCount: 5, candidatesTokenCount: 9 })).toMatchObject({
      inputTokens: 25,
      outputTokens: 9,
    });
  });

  it('are unknown, and not 0, where they are not told or are no counts', async () => {
    for (const usage of [{}, { candidatesTokenCount: 9 }, { promptTokenCount: '20' }, { promptTokenCount: 0 }])
      expect(await counted(usage)).toBeNull();
  });

  it('come with the model that answered', async () => {
    const { reply } = await gemini({ candidates: [candidate], modelVersion: 'models/gemini-2.5-flash-001' });
    expect(reply.modelVersion).toBe('gemini-2.5-flash-001');
  });
});

describe('what is withheld', () => {
  const parse = (reply: {
    text: string;
    finish: 'stop' | 'blocked' | 'refused' | 'max-tokens' | 'empty';
    why?: string;
  }) => parseReply(reply.text, { questionType: 'disease diagnosis', ...reply });

  it('by a filter is told with its word for the image, or for the reply', async () => {
    const rating = { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', probability: 'HIGH', blocked: true };
    const image = await gemini({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT', safetyRatings: [rating] } });
    expect(parse(image.reply as never)).toMatchObject({
      reason: 'blocked',
      detail: expect.stringContaining('the image or its prompt (PROHIBITED_CONTENT), SEXUALLY_EXPLICIT') as string,
    });
    const written = await gemini({ candidates: [{ finishReason: 'SAFETY', safetyRatings: [rating] }] });
    expect(parse(written.reply as never)).toMatchObject({
      reason: 'blocked',
      detail: expect.stringContaining('the reply (SAFETY)') as string,
    });
  });

  it('by a filter in front of the model, which answers with an error', async () => {
    const { baseUrl } = await serve({ error: { message: 'No.', code: 'content_filter' } }, 400);
    const reply = await openAiProvider({ model: 'm', baseUrl: `${baseUrl}/v1` }).complete(request);
    expect(parse(reply as never)).toMatchObject({
      reason: 'blocked',
      detail: expect.stringContaining('content_filter') as string,
    });
    expect(reply.usage).toEqual({ inputTokens: 0, outputTokens: 0 });
  });

  it('by the model itself is another thing', () => {
    const refusal = JSON.stringify({ choices: [{ message: { content: null, refusal: 'Not this.' } }] });
    expect(parse(readChatReply(refusal, 'here') as never)).toMatchObject({ reason: 'refused' });
    for (const text of [
      "I'm sorry, but I can't assist with that request.",
      'I cannot analyze medical images.',
      'Unfortunately, I am unable to provide a diagnosis from this image.',
      'As an AI, I’m not able to interpret X-rays.',
    ])
      expect(parse({ text, finish: 'stop' }), text).toMatchObject({ reason: 'refused' });
    for (const text of ['I cannot tell.', 'The image shows a mass.', '{"question": "What can’t be seen in the view?"'])
      expect(parse({ text, finish: 'stop' }), text).toMatchObject({ reason: 'malformed-json' });
  });
});

describe('settings', () => {
  it('of thinking and filters are sent where they are set, and only there', async () => {
    const answer = { candidates: [{ content: { parts: [{ text: '{}' }] }, finishReason: 'STOP' }] };
    const plain = await gemini(answer);
    expect(JSON.stringify(plain.sent)).not.toMatch(/thinkingConfig|HARM_CATEGORY/);
    expect(plain.provider.settings).toBeUndefined();
    const set = await gemini(answer, { thinkingBudget: 0, safety: { SEXUALLY_EXPLICIT: 'BLOCK_NONE' } });
    expect(set.sent).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingBudget: 0 } },
      safetySettings: [{ category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', threshold: 'BLOCK_NONE' }],
    });
    expect(set.provider.settings).toEqual({ thinkingBudget: 0, safety: { SEXUALLY_EXPLICIT: 'BLOCK_NONE' } });
    const { seen, baseUrl } = await serve(JSON.parse(chat({})) as object);
    const ask = (options: Partial<OpenAiOptions>) =>
      openAiProvider({ model: 'm', baseUrl, ...options }).complete(request);
    await ask({});
    await ask({ reasoningEffort: 'low' });
    expect(seen.map((body) => body['reasoning_effort'])).toEqual([undefined, 'low']);
  });
});
