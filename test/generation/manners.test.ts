/** Rate, back-off, budget, consent and the local provider, each through its own interface and then through the pool. */
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, PausedError } from '../../src/errors.js';
import { createBudget } from '../../src/generation/cost/cost-budget.js';
import type { EgressRecord } from '../../src/generation/asking/egress-consent.js';
import { createGate } from '../../src/generation/asking/rate-limit.js';
import type { GenerationTask } from '../../src/generation/asking/generation-request.js';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import { costOf, loadPrices, priceOf, type Prices } from '../../src/generation/cost/prices.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { ProviderCallError } from '../../src/providers/call-error.js';
import { localProvider, type LocalJob, type LocalReply } from '../../src/providers/local-provider.js';
import type { Provider, ProviderReply, ProviderRequest } from '../../src/providers/provider.js';
import { Folder, quickRetry } from './support.js';

const folders: Folder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder[Symbol.dispose]()));
function newFolder(): Folder {
  const folder = new Folder();
  folders.push(folder);
  return folder;
}

const usage = { inputTokens: 1000, outputTokens: 500 };
const sampleText = JSON.stringify({
  question: 'What?',
  options: ['a mass', 'a cyst'],
  rationale: 'Seen.',
  answer: 'a cyst',
});
const refusal = (retryAfterMs?: number) =>
  new ProviderCallError('No.', { failure: retryAfterMs === undefined ? 'overloaded' : 'rate-limited', retryAfterMs });
const never = new AbortController().signal;

function fake(change: Partial<Provider> = {}, answer: () => Partial<ProviderReply> = () => ({})) {
  const calls: ProviderRequest[] = [];
  const provider: Provider = {
    name: 'fake',
    model: 'fake-1',
    endpoint: null,
    capabilities: { structuredOutput: 'none', usage: 'always' },
    complete: async (request) => {
      calls.push(request);
      return { text: sampleText, finish: 'stop', usage, ...answer() };
    },
    ...change,
  };
  return { provider, calls };
}

async function generateIn(folder: Folder, options: Omit<CandidateOptions, 'cache' | 'cycle' | 'retry'>) {
  using cache = openReplyCache(folder.file('replies.jsonl'));
  return await generateCandidates({ cache, cycle: 1, retry: quickRetry, waitsMs: [1], ...options });
}

describe('the gate', () => {
  it('spaces requests out to the stated rate', async () => {
    const gate = createGate({ concurrency: 8, requestsPerMinute: 1200, longestPauseMs: 1000 });
    const started = performance.now();
    const passes = await Promise.all(Array.from({ length: 5 }, () => gate.enter(never)));
    // 20 a second: the fifth starts 200 ms after the first.
    expect(performance.now() - started).toBeGreaterThanOrEqual(199);
    for (const pass of passes) pass.answered(usage);
  });

  it('learns what a request takes from the tokens allowed', async () => {
    const gate = createGate({ concurrency: 8, tokensPerMinute: 60_000, longestPauseMs: 1000 });
    (await gate.enter(never)).answered({ inputTokens: 100, outputTokens: 100 });
    const started = performance.now();
    // 200 tokens at 1,000 a second.
    (await gate.enter(never)).answered({ inputTokens: 100, outputTokens: 100 });
    (await gate.enter(never)).answered({ inputTokens: 100, outputTokens: 100 });
    const waited = performance.now() - started;
    expect(waited).toBeGreaterThanOrEqual(250);
  });

  it('narrows when refusals pile up, not for one now and then, and widens with answers', async () => {
    const gate = createGate({ concurrency: 16, longestPauseMs: 1000 });
    const outcome = async (refused: boolean) => {
      const pass = await gate.enter(never);
      if (refused) pass.failed(refusal());
      else pass.answered(usage);
    };
    for (let i = 0; i < 100; i++) await outcome(i % 20 === 0);
    expect(gate.allowed).toBe(16);
    for (let i = 0; i < 24; i++) await outcome(true);
    expect(gate.allowed).toBe(2);
    for (let i = 0; i < 300; i++) await outcome(false);
    expect(gate.allowed).toBe(16);
  });

  it('holds everyone back when the account is over its rate, and lets go when told to stop', async () => {
    const gate = createGate({ concurrency: 4, longestPauseMs: 1000 });
    (await gate.enter(never)).failed(refusal(120));
    const started = performance.now();
    (await gate.enter(never)).answered(usage);
    expect(performance.now() - started).toBeGreaterThanOrEqual(110);
    const narrow = createGate({ concurrency: 1, longestPauseMs: 1000 });
    await narrow.enter(never);
    await expect(narrow.enter(AbortSignal.timeout(20))).rejects.toThrow(/abort|timeout/i);
  });
});

const prices: Prices = {
  asOf: '2026-01-01',
  source: 'made up',
  currency: 'USD',
  models: { 'fake/fake-1': { input: 1, output: 4 } },
};

describe('cost', () => {
  it('comes from a price file, and is unknown rather than 0 for a model that is not in it', async () => {
    const shipped = await loadPrices('configs/prices.yaml');
    expect(costOf(priceOf(shipped, 'gemini', 'gemini-2.0-flash'), { inputTokens: 1e6, outputTokens: 1e6 })).toBe(0.5);
    expect(costOf(priceOf(shipped, 'gemini', 'gemini-9'), usage)).toBeNull();
    expect(costOf(priceOf(prices, 'fake', 'fake-1'), usage)).toBeCloseTo(0.003);
    expect(costOf(priceOf(prices, 'fake', 'fake-1'), null)).toBeNull();
    await expect(loadPrices('package.json')).rejects.toMatchObject({ code: 'prices-unusable', exitCode: 2 });
  });

  it('is told with the progress, and becomes unknown when a reply does not tell its tokens', async () => {
    const folder = newFolder();
    const { provider } = fake();
    const { progress } = await generateIn(folder, { tasks: folder.tasks(4), provider, pricing: { prices } });
    expect(progress).toMatchObject({ cost: expect.closeTo(0.012) as number, inputTokens: 4000, outputTokens: 2000 });
    const silent = fake({}, () => ({ usage: null }));
    const other = newFolder();
    const told = await generateIn(other, { tasks: other.tasks(4), provider: silent.provider, pricing: { prices } });
    expect(told.progress.cost).toBeNull();
    const unpriced = await generateIn(newFolder(), { tasks: folder.tasks(4), provider });
    expect(unpriced.progress.cost).toBeNull();
  });

  it('stays within the budget, pauses, and goes on where it was with a larger one', async () => {
    const folder = newFolder();
    const tasks = folder.tasks(20);
    const first = fake();
    const options = { tasks, provider: first.provider, concurrency: 4 };
    const paused = await generateIn(folder, {
      ...options,
      maxOutputTokens: 600,
      pricing: { prices, maxCost: 0.0305 },
    }).catch((error: unknown) => error);
    expect(paused).toBeInstanceOf(PausedError);
    expect(paused).toMatchObject({ code: 'budget-reached', exitCode: 3 });
    expect((paused as Error).message).toContain('0.0300 USD are spent');
    expect(first.calls).toHaveLength(10);
    const second = fake();
    const pricing = { prices, maxCost: 0.061 };
    const { samples } = await generateIn(folder, {
      ...options,
      provider: second.provider,
      maxOutputTokens: 600,
      pricing,
    });
    expect(second.calls).toHaveLength(10);
    expect(samples).toHaveLength(20);
  });

  it('refuses a budget that nobody could keep', () => {
    const options = { currency: 'USD', before: undefined, name: 'a/b', maxOutputTokens: 1, maxCost: 1 };
    const section = 'generation';
    expect(() => createBudget({ ...options, section, price: null })).toThrow(ConfigError);
  });
});

describe('consent', () => {
  const remote = { endpoint: 'https://api.example.org/v1' };
  const consent = { allow: true, reason: 'agreement 7' };

  it('is asked for before anything leaves, also where no configuration was loaded', async () => {
    const folder = newFolder();
    const tasks = folder.tasks(3);
    const { provider, calls } = fake(remote);
    const onSend = (): void => undefined;
    for (const egress of [
      undefined,
      { consent: { allow: false, reason: '' }, onSend },
      { consent: { allow: true, reason: ' ' }, onSend },
      { consent: { ...consent, only: ['gemini'] }, onSend },
    ])
      await expect(generateIn(folder, { tasks, provider, egress })).rejects.toMatchObject({ code: 'egress-refused' });
    const cloud = fake({ endpoint: 'http://127.0.0.1:11434/v1', model: 'qwen3-vl:235b-cloud' });
    await expect(generateIn(folder, { tasks, provider: cloud.provider })).rejects.toThrow(/ollama.com/);
    expect([...calls, ...cloud.calls]).toEqual([]);
  });

  it('keeps images that are not de-identified here, and writes down each one that leaves', async () => {
    const folder = newFolder();
    const [first, second, third] = folder.tasks(3) as [GenerationTask, GenerationTask, GenerationTask];
    const tasks = [first, { ...second, deidentified: false }, { ...third, deidentified: true }];
    const records: EgressRecord[] = [];
    const onSend = (record: EgressRecord): void => void records.push(record);
    const { provider, calls } = fake(remote);
    const egress = { consent: { ...consent, only: ['api.example.org'] }, onSend };
    const { samples, dropped } = await generateIn(folder, { tasks, provider, egress });
    expect(samples).toHaveLength(2);
    expect(dropped).toMatchObject([{ reason: 'not-deidentified', task: { image: second.image } }]);
    expect(calls).toHaveLength(2);
    expect(records.map(({ imageHash }) => imageHash).toSorted()).toEqual([first.imageHash, third.imageHash].toSorted());
    expect(records[0]).toMatchObject({ host: 'api.example.org', model: 'fake-1', reason: 'agreement 7', attempt: 1 });
    expect(Object.keys(records[0] ?? {}).toSorted()).toEqual([
      'at',
      'attempt',
      'host',
      'imageHash',
      'model',
      'provider',
      'reason',
      'request',
      'text',
    ]);
    // On this machine the flag changes nothing, and nothing is written down.
    const here = await generateIn(newFolder(), { tasks, provider: fake().provider });
    expect(here.samples).toHaveLength(3);
  });

  it('sends nothing that cannot be written down', async () => {
    const folder = newFolder();
    const { provider, calls } = fake(remote);
    const onSend = (): void => {
      throw new RangeError('disk full');
    };
    await expect(generateIn(folder, { tasks: folder.tasks(2), provider, egress: { consent, onSend } })).rejects.toThrow(
      'disk full',
    );
    expect(calls).toEqual([]);
  });
});

describe('the local provider', () => {
  const answering = async ({ prompts }: LocalJob, onReply: (reply: LocalReply) => void) => {
    for (const { id } of prompts) onReply({ id, text: sampleText, finished: true, promptTokens: 9, tokens: 5 });
  };

  it('gathers requests into jobs and gives each its own reply', async () => {
    const folder = newFolder();
    const jobs: LocalJob[] = [];
    const provider = localProvider({
      model: 'm',
      requestsPerJob: 8,
      gatherMs: 500, // on a busy machine requests come late
      run: async (job, onReply) => {
        jobs.push(job);
        await answering(job, onReply);
      },
    });
    const tasks = folder.tasks(20);
    const { samples, progress } = await generateIn(folder, { tasks, provider, concurrency: 8 });
    expect(samples).toHaveLength(20);
    expect(progress).toMatchObject({ inputTokens: 180, outputTokens: 100, cost: null });
    expect(jobs.length).toBeLessThanOrEqual(4);
    const prompts = jobs.flatMap((job) => job.prompts);
    // Which request is ready first is the file system's choice.
    expect(prompts.map(({ image }) => image).toSorted()).toEqual(tasks.map(({ image }) => image).toSorted());
    expect(prompts[0]?.prompt).toContain('"rationale" (text)');
  });

  it('passes on why a job failed, and gives up on replies that never came', async () => {
    const folder = newFolder();
    const broken = localProvider({
      model: 'm',
      requestsPerJob: 4,
      gatherMs: 5,
      run: () => Promise.reject(new RangeError('no memory')),
    });
    await expect(generateIn(folder, { tasks: folder.tasks(6), provider: broken })).rejects.toThrow('no memory');
    const forgetful = localProvider({
      model: 'm',
      requestsPerJob: 4,
      gatherMs: 5,
      run: (job, onReply) =>
        answering({ ...job, prompts: job.prompts.filter(({ image }) => !image.endsWith('-1.png')) }, onReply),
    });
    await expect(generateIn(folder, { tasks: folder.tasks(6), provider: forgetful })).rejects.toMatchObject({
      code: 'requests-unanswered',
      message: expect.stringContaining('1 of 6 requests') as string,
    });
  });
});
