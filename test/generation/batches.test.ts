/** Generation in batches, against loopback servers that speak both protocols: as one by one, but later and cheaper. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EgressConfig } from '../../src/config/sections/egress.js';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import type { EgressRecord } from '../../src/generation/asking/egress-consent.js';
import type { GenerationTask } from '../../src/generation/asking/generation-request.js';
import type { BatchClient, BatchingProvider } from '../../src/providers/batch/batch-client.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { openAiProvider } from '../../src/providers/openai.js';
import { createBatchStore } from '../../src/providers/simulated/batch-jobs.js';
import { startTeacherServer, type TeacherServerOptions } from '../../src/providers/simulated/simulated-server.js';
import { book, Folder, quickRetry } from './support.js';

const protocols = ['gemini', 'openai'] as const;
const model = 'simulated-teacher';
const key = 'secret-key-of-a-test';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function setUp(protocol: (typeof protocols)[number], options: Partial<TeacherServerOptions> = {}, count = 8) {
  const folder = new Folder();
  closers.push(() => folder[Symbol.dispose]());
  const batchStore = options.batchStore ?? createBatchStore();
  const server = await startTeacherServer({ book, batchStore, ...options });
  closers.push(() => server.close());
  const provider: BatchingProvider =
    protocol === 'gemini'
      ? geminiProvider({ model, apiKey: key, baseUrl: server.url })
      : openAiProvider({ model, apiKey: key, baseUrl: `${server.url}/v1` });
  const tasks = folder.tasks(count);
  const notices: string[] = [];
  const generate = async (more: Partial<CandidateOptions> = {}) => {
    using cache = openReplyCache(folder.file('replies.jsonl'));
    return await generateCandidates({
      tasks,
      provider,
      cache,
      cycle: 1,
      batches: { folder: folder.file('batches'), requests: 5, pollMs: 1, longestPollMs: 4, listedAfterMs: 5 },
      retry: quickRetry,
      waitsMs: [1, 1, 1],
      onNotice: (message) => notices.push(message),
      ...more,
    });
  };
  return { folder, server, batchStore, provider, tasks, generate, notices };
}

/** What the same tasks come to one by one, on a server of their own. */
async function oneByOne(
  tasks: readonly GenerationTask[],
  options: Partial<TeacherServerOptions & CandidateOptions> = {},
) {
  await using server = await startTeacherServer({ book, ...options });
  const folder = new Folder();
  closers.push(() => folder[Symbol.dispose]());
  using cache = openReplyCache(folder.file('replies.jsonl'));
  const provider = geminiProvider({ model, apiKey: key, baseUrl: server.url });
  return await generateCandidates({ tasks, provider, cache, cycle: 1, retry: quickRetry, ...options });
}

/** A provider whose user stops in the instant of a call, before it is made or before its answer is here. */
function stoppingAt(provider: BatchingProvider, method: keyof BatchClient, moment: 'before' | 'after') {
  const controller = new AbortController();
  const { batch } = provider;
  const call = batch[method] as (...args: unknown[]) => unknown;
  const stopped = (...args: unknown[]): unknown => {
    if (method === 'results')
      return (async function* () {
        for await (const item of call(...args) as AsyncIterable<unknown>) {
          yield item;
          controller.abort();
          controller.signal.throwIfAborted();
        }
      })();
    if (moment === 'before') controller.abort();
    return (call(...args.slice(0, -1)) as Promise<unknown>).then((answer) => {
      controller.abort();
      throw controller.signal.reason ?? answer;
    });
  };
  return { provider: { ...provider, batch: { ...batch, [method]: stopped } }, signal: controller.signal };
}

describe.each(protocols)('batches by the protocol of %s', (protocol) => {
  it('bring what single requests bring, at the rate of batches, and leave nothing at the provider', async () => {
    const { generate, tasks, server, batchStore, folder } = await setUp(protocol);
    const { samples, dropped, progress } = await generate();
    const alone = await oneByOne(tasks);
    const without = (all: typeof samples) => all.map(({ provenance: _, id: __, ...sample }) => sample);
    expect(without(samples)).toEqual(without(alone.samples));
    expect(dropped).toEqual([]);
    expect(progress).toMatchObject({ answered: 8, cached: 0, batches: { atWork: 0, requests: 0, ended: 0 } });
    expect(server.counts()).toMatchObject({ answered: 8, repeatedAnswered: 0 });
    expect([...batchStore.jobs.values()].map(({ total }) => total)).toEqual([5, 3]);
    expect(batchStore.files.size).toBe(0);
    using cache = openReplyCache(folder.file('replies.jsonl'));
    const [sum] = cache.totals.values();
    expect(sum?.batch.inputTokens).toBe(sum?.inputTokens);
    expect(sum?.inputTokens).toBeGreaterThan(0);
    for (const name of readdirSync(folder.file('batches'))) {
      expect(name).toMatch(/\.json$/);
      expect(readFileSync(join(folder.file('batches'), name), 'utf8')).not.toContain(key);
    }
  });

  it('lose and repeat nothing by whatever goes wrong on the way', async () => {
    const batchFaults = {
      failed: 1,
      expired: 1,
      failing: 0.2,
      malformed: 0.2,
      lostPolls: 0.3,
      untold: 2,
      cutDownloads: 1,
    };
    const { generate, tasks, server, notices } = await setUp(protocol, { batchFaults, seed: 3 }, 30);
    const { samples, progress } = await generate();
    expect(samples.map(({ imageHash }) => imageHash)).toEqual(tasks.map(({ imageHash }) => imageHash));
    const { answered, distinctAnswered, repeatedAnswered } = server.counts();
    // What was answered in a line that cannot be read has to be asked, and is paid, again.
    const unread = notices.flatMap(
      (notice) => /(\d+) of \d+ requests were not answered: (\d+) lines/.exec(notice)?.[2] ?? [],
    );
    expect(unread.length).toBeGreaterThan(0);
    expect(repeatedAnswered).toBe(unread.reduce((sum, each) => sum + Number(each), 0));
    expect(distinctAnswered).toBe(30);
    expect(progress.answered).toBe(answered - repeatedAnswered);
  });

  it.each([
    ['upload', 'after'],
    ['start', 'after'],
    ['poll', 'after'],
    ['results', 'after'],
    ['discard', 'before'],
  ] as const)('go on where they were after a stop at %s, %s the call', async (method, moment) => {
    const { generate, tasks, server, batchStore, provider } = await setUp(protocol);
    const sent: EgressRecord[] = [];
    const egress = { consent: { allow: false, reason: '' }, onSend: (record: EgressRecord) => void sent.push(record) };
    await expect(generate({ ...stoppingAt(provider, method, moment), egress })).rejects.toMatchObject({
      code: 'generation-interrupted',
    });
    const { samples, dropped, progress } = await generate();
    expect(samples.map(({ imageHash }) => imageHash)).toEqual(tasks.map(({ imageHash }) => imageHash));
    expect(dropped).toEqual([]);
    expect(progress.answered + progress.cached).toBe(8);
    expect(server.counts()).toMatchObject({ answered: 8, repeatedAnswered: 0 });
    expect(batchStore.jobs.size).toBe(2);
  });
});

const prices = (input: number, output: number) => ({
  asOf: '2026-11-29',
  source: 'a test',
  currency: 'USD',
  models: { [`gemini/${model}`]: { input, output, batch: 0.5 }, [`openai/${model}`]: { input, output, batch: 0.5 } },
});

describe('a generation in batches', () => {
  it('costs the rate for batches, keeps below its budget, and goes on when that is raised', async () => {
    const { generate, server } = await setUp('openai', {}, 12);
    // 2,000 tokens a prompt until one is known: one goes ahead, as a tenth of the budget is less.
    const pricing = (maxCost: number) => ({ prices: prices(1_000, 0), maxCost });
    await expect(generate({ pricing: pricing(3) })).rejects.toMatchObject({ code: 'budget-reached' });
    const { answered } = server.counts();
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(12);
    const { samples, progress } = await generate({ pricing: pricing(100) });
    expect(samples).toHaveLength(12);
    expect(server.counts()).toMatchObject({ answered: 12, repeatedAnswered: 0 });
    expect(progress.cost).toBeCloseTo((progress.inputTokens * 1_000 * 0.5) / 1e6, 6);
  });

  it('asks once more, in a batch, for what was cut off, and takes the first reply where that is refused too', async () => {
    const faults = { faults: { truncated: 0.6 }, seed: 2 };
    const { generate, tasks } = await setUp('gemini', faults);
    const more = { truncatedRetryTokens: 9_000, maxUseless: 1 };
    const { samples, dropped, progress } = await generate(more);
    const alone = await oneByOne(tasks, { ...faults, ...more });
    expect(samples.map(({ id }) => id)).toEqual(alone.samples.map(({ id }) => id));
    expect(dropped.map(({ reason }) => reason)).toEqual(alone.dropped.map(({ reason }) => reason));
    expect(progress.answered).toBe(alone.progress.answered);
    expect(progress.answered).toBeGreaterThan(tasks.length);
  });

  it('stops and cancels what is at work when replies are of no use', async () => {
    const { generate, batchStore, notices, folder } = await setUp(
      'openai',
      { faults: { empty: 1 }, batchMs: 60_000 },
      30,
    );
    const batches = { folder: folder.file('batches'), requests: 15, pollMs: 1, longestPollMs: 4 };
    const ending = generate({ batches }).catch((error: unknown) => error);
    const first = await vi.waitFor(
      () => {
        const [one, two] = batchStore.jobs.values();
        expect(two).toBeDefined();
        return one;
      },
      { timeout: 60_000 },
    );
    if (first !== undefined) first.endsAt = 0;
    expect(await ending).toMatchObject({ code: 'replies-useless' });
    expect([...batchStore.jobs.values()].map(({ end }) => end)).toEqual(['succeeded', 'cancelled']);
    expect(notices.join()).toMatch(/cancelled/);
  });

  it('says what images it sends, once each, and sends none that may not leave', async () => {
    const { generate, tasks, provider } = await setUp('openai');
    const sent: EgressRecord[] = [];
    const away = { ...provider, endpoint: 'https://elsewhere.example/v1' };
    const marked = tasks.map((task, place) => (place === 0 ? { ...task, deidentified: false } : task));
    await expect(generate({ provider: away })).rejects.toMatchObject({ code: 'egress-refused' });
    const egress = {
      consent: { allow: true, reason: 'a test' },
      onSend: (record: EgressRecord) => void sent.push(record),
    };
    const { samples, dropped } = await generate({ provider: away, tasks: marked, egress });
    expect(samples).toHaveLength(7);
    expect(dropped).toMatchObject([{ reason: 'not-deidentified' }]);
    expect(sent.map(({ imageHash }) => imageHash)).toEqual(tasks.slice(1).map(({ imageHash }) => imageHash));
    expect(new Set(sent.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  });

  it('sends texts about images only as long as their consent stands, also in a file that was made before', async () => {
    const { generate, tasks, provider, folder } = await setUp('openai');
    const withText = (plain: readonly GenerationTask[]) =>
      plain.map((task) => ({ ...task, context: { text: 'A dense focus.', maskedBy: 'a library' } }));
    const told = withText(tasks);
    const sent: EgressRecord[] = [];
    const bodies: string[] = [];
    const elsewhere = (own: BatchingProvider): BatchingProvider => {
      const upload: BatchClient['upload'] = (label, body, signal) => {
        bodies.push(readFileSync(body, 'utf8'));
        return own.batch.upload(label, body, signal);
      };
      return { ...own, endpoint: 'https://elsewhere.example/v1', batch: { ...own.batch, upload } };
    };
    const away = elsewhere(provider);
    const images = { allow: true, reason: 'a test' };
    const egress = (consent: EgressConfig) => ({ consent, onSend: (record: EgressRecord) => void sent.push(record) });
    const both = egress({ ...images, text: { allow: true, reason: 'masked' } });
    const stopped = generate({ ...stoppingAt(away, 'upload', 'before'), tasks: told, egress: both });
    await expect(stopped).rejects.toMatchObject({ code: 'generation-interrupted' });
    expect(sent.every(({ text }) => text)).toBe(true);
    expect(readdirSync(folder.file('batches')).filter((name) => name.endsWith('.body.jsonl'))).not.toEqual([]);
    [sent.length, bodies.length] = [0, 0];
    const { samples } = await generate({ provider: away, tasks: told, egress: egress(images) });
    expect(samples.map(({ provenance }) => provenance.context)).toEqual(tasks.map(() => undefined));
    expect(bodies.join('')).not.toContain('A dense focus');
    expect(sent.map(({ text }) => text)).toEqual(tasks.map(() => false));
    // Where the consent stands, they go.
    const other = await setUp('openai');
    bodies.length = 0;
    await other.generate({ provider: elsewhere(other.provider), tasks: withText(other.tasks), egress: both });
    expect(bodies.join('').split('A dense focus')).toHaveLength(9);
  });

  it('outlasts a provider that is away for a while', async () => {
    const { generate, batchStore, server, folder, provider } = await setUp('gemini', { batchMs: 60_000 });
    const done = generate();
    await vi.waitFor(() => expect(batchStore.jobs.size).toBe(2), { timeout: 60_000 });
    await server.close();
    let looks = 0;
    const { poll } = provider.batch;
    Object.assign(provider.batch, { poll: (...args: Parameters<typeof poll>) => ((looks += 1), poll(...args)) });
    await vi.waitFor(() => expect(looks).toBeGreaterThan(4), { timeout: 60_000 });
    for (const job of batchStore.jobs.values()) job.endsAt = 0;
    const { port } = new URL(server.url);
    await using again = await startTeacherServer({ book, batchStore, port: Number(port) });
    expect((await done).samples).toHaveLength(8);
    expect(again.counts()).toMatchObject({ answered: 8, repeatedAnswered: 0 });
    expect(readdirSync(folder.file('batches'))).toHaveLength(2);
  });

  it('is collected also where the next attempt asks one by one', async () => {
    const { generate, server, provider, folder } = await setUp('gemini');
    await expect(generate(stoppingAt(provider, 'poll', 'after'))).rejects.toMatchObject({
      code: 'generation-interrupted',
    });
    const batches = { folder: folder.file('batches'), asks: false, pollMs: 1, longestPollMs: 4 };
    const { samples, progress } = await generate({ batches });
    expect(samples).toHaveLength(8);
    expect(progress.answered).toBe(8);
    expect(server.counts()).toMatchObject({ answered: 8, repeatedAnswered: 0 });
    // What was not begun is no batch any more.
    const unsent = await setUp('gemini');
    await expect(unsent.generate(stoppingAt(unsent.provider, 'upload', 'before'))).rejects.toThrow(/interrupted/);
    await unsent.generate({ batches: { folder: unsent.folder.file('batches'), asks: false } });
    expect(unsent.batchStore.jobs.size).toBe(0);
    expect(readdirSync(unsent.folder.file('batches')).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
  });

  it('is not begun anew where the provider knows nothing of it, or has no batches: both are told with the remedy', async () => {
    const { generate, batchStore, provider, server } = await setUp('openai');
    await expect(generate(stoppingAt(provider, 'poll', 'after'))).rejects.toThrow(/interrupted/);
    batchStore.jobs.clear();
    await expect(generate()).rejects.toMatchObject({
      code: 'batch-unknown',
      where: expect.stringMatching(/batches\/medgr2-.*\.json$/) as string,
      remedy: expect.stringContaining('delete this file') as string,
    });
    expect(server.counts().answered).toBeLessThan(9);
    const other = await setUp('openai');
    const none = openAiProvider({ model, baseUrl: `${other.server.url}/v9` });
    await expect(other.generate({ provider: none })).rejects.toMatchObject({
      code: 'no-batches',
      remedy: expect.stringContaining('interactive') as string,
    });
  });
});
