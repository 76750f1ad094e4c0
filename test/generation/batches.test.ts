/** Generation in batches, against loopback servers that speak both protocols: as one by one, but later and cheaper. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateCandidates, type GenerateOptions } from '../../src/generation/generate-samples.js';
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
  const generate = async (more: Partial<GenerateOptions> = {}) => {
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
async function oneByOne(tasks: readonly GenerationTask[], faults = {}) {
  await using server = await startTeacherServer({ book, faults });
  const folder = new Folder();
  closers.push(() => folder[Symbol.dispose]());
  using cache = openReplyCache(folder.file('replies.jsonl'));
  const provider = geminiProvider({ model, apiKey: key, baseUrl: server.url });
  return await generateCandidates({ tasks, provider, cache, cycle: 1, retry: quickRetry });
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
