/** What a generation asks again, what it waits for, and when it stops: useless replies among failures, quotas, waits. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PausedError } from '../../src/errors.js';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { ProviderCallError } from '../../src/providers/call-error.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { openAiProvider } from '../../src/providers/openai.js';
import { quotaOf } from '../../src/providers/quota.js';
import { retryAfterMs, waitInWords } from '../../src/providers/retry-after.js';
import type { Provider, ProviderReply } from '../../src/providers/provider.js';
import { Folder, quickRetry } from './support.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
function newFolder(): Folder {
  const folder = new Folder();
  closers.push(() => folder[Symbol.dispose]());
  return folder;
}

const usage = { inputTokens: 100, outputTokens: 40 };
const text = JSON.stringify({ question: 'What?', options: ['a mass', 'a cyst'], rationale: 'Seen.', answer: 'a cyst' });
const good: ProviderReply = { text, finish: 'stop', usage };
const empty: ProviderReply = { text: '', finish: 'empty', usage };
const overloaded = () => new ProviderCallError('Busy.', { failure: 'overloaded' });

function fake(answer: (call: number) => ProviderReply) {
  const calls: number[] = [];
  const provider: Provider = {
    name: 'fake',
    model: 'fake-1',
    endpoint: null,
    capabilities: { structuredOutput: 'none', usage: 'always' },
    complete: async () => answer(calls.push(calls.length)),
  };
  return { provider, calls };
}

async function generateIn(folder: Folder, options: Omit<CandidateOptions, 'cache' | 'cycle'>) {
  using cache = openReplyCache(folder.file('replies.jsonl'));
  return await generateCandidates({
    cache,
    cycle: 1,
    retry: { ...quickRetry, attempts: 1 },
    waitsMs: [1, 1],
    ...options,
  });
}

describe('useless replies among failures', () => {
  it('stop a provider that gave nothing of use: an answer that is none sets nothing back', async () => {
    const folder = newFolder();
    const { provider, calls } = fake((call) => {
      if (call % 2 === 0) throw overloaded();
      return empty;
    });
    const pending = generateIn(folder, { tasks: folder.tasks(200), provider, concurrency: 1 });
    await expect(pending).rejects.toMatchObject({
      code: 'provider-unusable',
      message: expect.stringContaining('nothing of use was ever answered and 8 requests in a row failed') as string,
    });
    expect(calls).toHaveLength(8);
  });

  it('make it wait where it was of use before, and then nothing is lost', async () => {
    const folder = newFolder();
    // 16 bad ones in a row, every other one a failure.
    const { provider } = fake((call) => {
      if (call <= 10 || call > 26) return good;
      if (call % 2 === 0) throw overloaded();
      return empty;
    });
    const notices: string[] = [];
    const onNotice = (message: string): void => void notices.push(message);
    const { samples, dropped } = await generateIn(folder, {
      tasks: folder.tasks(60),
      provider,
      concurrency: 1,
      onNotice,
    });
    expect(notices.length).toBeGreaterThan(0);
    expect(dropped.every(({ reason }) => reason === 'empty')).toBe(true);
    expect([samples.length + dropped.length, dropped.length]).toEqual([60, 8]);
  });

  it('are no sign of anything where any share may be useless', async () => {
    const folder = newFolder();
    const { provider } = fake((call) => (call > 5 ? empty : good));
    const { dropped } = await generateIn(folder, { tasks: folder.tasks(60), provider, maxUseless: 1 });
    expect(dropped).toHaveLength(55);
  });
});

const perDay = {
  error: {
    code: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [
          {
            quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
            quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
            quotaValue: '250',
          },
        ],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
    ],
  },
};
const perMinute = structuredClone(perDay);
for (const violation of perMinute.error.details[0]?.violations ?? [])
  violation.quotaId = 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier';

async function refusing(body: object, headers: Record<string, string> = {}, after = 0) {
  let calls = 0;
  const reply = {
    candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }],
    choices: [{ message: { content: text } }],
  };
  const server = createServer((request, response) => {
    calls++;
    request.resume();
    const refuses = calls > after;
    response.writeHead(refuses ? 429 : 200, { 'content-type': 'application/json', ...(refuses ? headers : {}) });
    response.end(JSON.stringify(refuses ? body : reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { baseUrl, calls: () => calls };
}
const gemini = (baseUrl: string) => geminiProvider({ model: 'gemini-2.5-flash', apiKey: 'key', baseUrl });
const openai = (baseUrl: string) => openAiProvider({ model: 'gpt-5-mini', baseUrl });

describe('a quota', () => {
  it('of the day pauses at once, keeps what came, and asks no more', async () => {
    const folder = newFolder();
    const { baseUrl, calls } = await refusing(perDay, {}, 10);
    const options = { tasks: folder.tasks(100), provider: gemini(baseUrl), concurrency: 2, retry: quickRetry };
    const error: unknown = await generateIn(folder, { ...options, waitsMs: [60_000] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PausedError);
    expect(error).toMatchObject({
      code: 'quota-used-up',
      exitCode: 3,
      message: expect.stringContaining('90 of 100 requests were not answered') as string,
      remedy: expect.stringMatching(/midnight Pacific.*are kept/) as string,
    });
    expect(calls()).toBeLessThanOrEqual(12);
    using cache = openReplyCache(folder.file('replies.jsonl'));
    expect(cache.size).toBe(10);
  });

  it('of the day pauses also when it was used up before', async () => {
    const folder = newFolder();
    const { baseUrl, calls } = await refusing(perDay);
    const pending = generateIn(folder, { tasks: folder.tasks(50), provider: gemini(baseUrl), concurrency: 2 });
    await expect(pending).rejects.toMatchObject({ code: 'quota-used-up' });
    expect(calls()).toBeLessThanOrEqual(2);
  });

  it.each([
    [gemini, perDay, 'day', false],
    [gemini, perMinute, 'minute', true],
    [
      openai,
      { error: { message: 'Rate limit reached on requests per day (RPD): Limit 200.', code: 'rate_limit_exceeded' } },
      'day',
      false,
    ],
    [
      openai,
      { error: { message: 'Rate limit reached on tokens per min (TPM): Limit 9.', code: 'rate_limit_exceeded' } },
      'minute',
      true,
    ],
    [
      openai,
      {
        error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' },
      },
      'account',
      false,
    ],
    [openai, { error: { message: 'Slow down.' } }, undefined, true],
  ] as const)('is told apart: %#', async (provider, body, quota, retryable) => {
    const { baseUrl } = await refusing(body);
    const image = { bytes: new Uint8Array([1]), mediaType: 'image/png', path: 'x' };
    const { replySchema: responseSchema } = await import('../../src/prompts/parse.js');
    const request = { image, system: 's', prompt: 'p', responseSchema, temperature: 1, maxOutputTokens: 9 };
    const error: unknown = await provider(baseUrl)
      .complete(request)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'rate-limited', quota, retryable, isOfRequest: false });
  });

  it('is read from the words of many providers', () => {
    const read = (message: string) => quotaOf(429, [message]);
    expect(read('free-models-per-day')).toBe('day');
    expect(read('Rate limit reached: tokens per day (TPD)')).toBe('day');
    expect(read('daily limit')).toBe('day');
    expect(read('RequestsPerMinute')).toBe('minute');
    expect(read('Too many requests')).toBeUndefined();
    expect(quotaOf(402, ['Payment required'])).toBe('account');
    expect(quotaOf(500, ['per day'])).toBeUndefined();
  });
});

describe('the wait that is asked for', () => {
  const now = Date.UTC(2026, 10, 29, 2, 0, 0);
  const wait = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now);

  it('comes in seconds or as a date', () => {
    expect(wait({ 'retry-after': '120' })).toBe(120_000);
    expect(wait({ 'retry-after': '1.5' })).toBe(1500);
    expect(wait({ 'retry-after': '30s' })).toBe(30_000);
    expect(wait({ 'retry-after': 'Sun, 29 Nov 2026 02:01:30 GMT' })).toBe(90_000);
    expect(wait({ 'retry-after': 'Sunday, 29-Nov-26 02:01:30 GMT' })).toBe(90_000);
    expect(wait({ 'retry-after': 'Sun, 29 Nov 2026 01:00:00 GMT' })).toBe(0);
    for (const odd of ['-5', 'soon', '', 'NaN', 'Infinity', '2026']) {
      const read = wait({ 'retry-after': odd });
      expect(read === undefined || read >= 0, odd).toBe(true);
    }
    expect(wait({ 'retry-after': '-5' })).toBeUndefined();
  });

  it('as a date is counted from the time that the server has', () => {
    const headers = { date: 'Thu, 01 Jan 2032 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2032 00:00:20 GMT' };
    expect(retryAfterMs(new Headers(headers))).toBe(20_000);
  });

  it('comes in words', () => {
    expect(waitInWords('Please try again in 7m12.5s.')).toBe(432_500);
    expect(waitInWords('Please retry in 34.074824224s.')).toBe(34_075);
    expect(waitInWords('try again in 20ms')).toBe(20);
    expect(waitInWords('try again in 1h2m')).toBe(3_720_000);
    expect(waitInWords('try again in a while')).toBeUndefined();
  });

  it('reaches us from Gemini too, whose client loses the headers', async () => {
    const image = { bytes: new Uint8Array([1]), mediaType: 'image/png', path: 'x' };
    const { replySchema: responseSchema } = await import('../../src/prompts/parse.js');
    const request = { image, system: 's', prompt: 'p', responseSchema, temperature: 1, maxOutputTokens: 9 };
    for (const [header, expected] of [
      ['7', 7000],
      [new Date(Date.now() + 60_000).toUTCString(), 60_000],
    ] as const) {
      const { baseUrl } = await refusing({ error: { code: 429, message: 'No.' } }, { 'retry-after': header });
      const error = (await gemini(baseUrl)
        .complete(request)
        .catch((thrown: unknown) => thrown)) as ProviderCallError;
      expect(Math.abs((error.retryAfterMs ?? 0) - expected)).toBeLessThanOrEqual(2000);
    }
  });
});
