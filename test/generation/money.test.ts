/** Money told right: what replies cost, budgets that hold, prices that are not known, the model that answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { PausedError } from '../../src/errors.js';
import {
  costOf,
  costOfSum,
  loadPrices,
  noUsage,
  addUsage,
  requirePrice,
  type Prices,
} from '../../src/generation/cost/prices.js';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { ProviderCallError } from '../../src/providers/call-error.js';
import type { Provider, ProviderReply, ProviderRequest } from '../../src/providers/provider.js';
import { seededRandom } from '../../src/random.js';
import { Folder, quickRetry } from './support.js';

const folders: Folder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder[Symbol.dispose]()));
function newFolder(): Folder {
  const folder = new Folder();
  folders.push(folder);
  return folder;
}

const sample = { question: 'What?', options: ['a mass', 'a cyst'], rationale: 'Seen.', answer: 'a cyst' };
const good: ProviderReply = {
  text: JSON.stringify(sample),
  finish: 'stop',
  usage: { inputTokens: 1000, outputTokens: 500 },
};
const cut: ProviderReply = { ...good, text: '{"question":"Wh', finish: 'max-tokens' };

function fake(
  answer: (request: ProviderRequest, call: number) => Promise<ProviderReply> | ProviderReply,
  change: Partial<Provider> = {},
) {
  const calls: ProviderRequest[] = [];
  const provider: Provider = {
    name: 'fake',
    model: 'fake-1',
    endpoint: null,
    capabilities: { structuredOutput: 'none', usage: 'always' },
    complete: async (request) => answer(request, calls.push(request)),
    ...change,
  };
  return { provider, calls };
}

async function generateIn(folder: Folder, options: Omit<CandidateOptions, 'cache' | 'cycle' | 'retry'>) {
  using cache = openReplyCache(folder.file('replies.jsonl'));
  return await generateCandidates({ cache, cycle: 1, retry: quickRetry, waitsMs: [1], ...options });
}

const price = { input: 1, output: 4, cachedInput: 0.1, batch: 0.5 };
const prices: Prices = { asOf: '2026-01-01', source: 'made up', currency: 'USD', models: { 'fake/fake-1': price } };

describe('a price', () => {
  it('is lower for what was cached and for batches, and never for what it does not say', () => {
    const usage = { inputTokens: 1e6, outputTokens: 1e6, cachedInputTokens: 4e5 };
    expect(costOf(price, usage)).toBeCloseTo(0.6 + 0.04 + 4);
    expect(costOf(price, { ...usage, isBatch: true })).toBeCloseTo(0.3 + 0.04 + 2);
    expect(costOf({ input: 1, output: 4 }, { ...usage, isBatch: true })).toBe(5);
    const sum = noUsage();
    addUsage(sum, usage);
    addUsage(sum, { ...usage, isBatch: true });
    expect(costOfSum(price, sum)).toBeCloseTo(4.64 + 2.34);
  });

  it('that is not known names the file and the line to add', () => {
    const refused = (file?: string): unknown => {
      try {
        requirePrice(null, 5, { name: 'openai/gpt-9', section: 'generation', file });
        return null;
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toMatchObject({
      code: 'price-unknown',
      where: 'configs/prices.yaml',
      remedy: expect.stringMatching(/generation\.prices.*"openai\/gpt-9: \{ input: …, output: … \}"/) as string,
    });
    expect(refused('mine.yaml')).toMatchObject({
      where: 'mine.yaml',
      remedy: expect.stringContaining('Open mine.yaml') as string,
    });
  });

  it('file that ships has a date and no nonsense', async () => {
    const { asOf, models } = await loadPrices('configs/prices.yaml');
    expect(asOf).toMatch(/^2026-\d\d-\d\d$/);
    for (const [name, { input, output, cachedInput = 0 }] of Object.entries(models)) {
      expect(output, name).toBeGreaterThanOrEqual(input);
      expect(cachedInput, name).toBeLessThanOrEqual(input);
    }
  });
});

describe('a budget', () => {
  it.each([1, 8, 64])('holds with %i requests in flight, whatever replies cost', async (concurrency) => {
    const folder = newFolder();
    const random = seededRandom('budget', concurrency);
    let spent = 0;
    const { provider } = fake(async () => {
      const outputTokens = random.next() < 0.8 ? random.int(60) : random.int(1000);
      await sleep(random.int(4));
      spent += costOf(price, { inputTokens: 1000, outputTokens }) ?? 0;
      return { ...good, usage: { inputTokens: 1000, outputTokens } };
    });
    const pending = generateIn(folder, {
      tasks: folder.tasks(150),
      provider,
      concurrency,
      pricing: { prices, maxCost: 0.1 },
    });
    await expect(pending).rejects.toBeInstanceOf(PausedError);
    expect(spent).toBeLessThanOrEqual(0.1);
    // It is used, but for what one more request might have cost.
    expect(spent).toBeGreaterThan(0.1 - (costOf(price, { inputTokens: 1000, outputTokens: 1024 }) ?? 0));
  });

  it('counts what earlier calls paid, at the price of each', async () => {
    const folder = newFolder();
    const usage = { inputTokens: 1000, outputTokens: 500, cachedInputTokens: 900, isBatch: true } as const;
    const { provider } = fake(() => ({ ...good, usage }));
    const tasks = folder.tasks(5);
    const first = await generateIn(folder, { tasks, provider, pricing: { prices } });
    const each = costOf(price, usage) ?? 0;
    expect(first.progress.cost).toBeCloseTo(5 * each);
    expect(first.progress.cachedInputTokens).toBe(4500);
    const again = await generateIn(folder, { tasks, provider, pricing: { prices } });
    expect(costOfSum(price, again.progress.cachedUsage)).toBeCloseTo(5 * each);
  });
});

describe('the model that answered', () => {
  it.each([
    ['fake-1', 0],
    ['fake-1-001', 0],
    ['fake-1-2026-08-07', 0],
    ['fake-1-preview-09-2026', 0],
    ['fake-1-lite', 1],
    ['fake-12', 1],
    ['other-2', 1],
    [undefined, 0],
  ])('%s is in the provenance, and warned of once where it is another', async (modelVersion, warnings) => {
    const folder = newFolder();
    const notices: string[] = [];
    const { provider } = fake(() => ({ ...good, ...(modelVersion === undefined ? {} : { modelVersion }) }));
    const tasks = folder.tasks(4);
    const { samples } = await generateIn(folder, { tasks, provider, onNotice: (message) => notices.push(message) });
    expect(samples.map(({ provenance }) => provenance.modelVersion)).toEqual(Array(4).fill(modelVersion));
    expect(notices).toHaveLength(warnings);
    // Also when it comes from the cache.
    const again = await generateIn(folder, { tasks, provider });
    expect(again.samples).toEqual(samples);
  });
});

describe('a reply that was cut off', () => {
  const longer = (request: ProviderRequest): ProviderReply => (request.maxOutputTokens > 100 ? good : cut);

  it('is asked for once more with more room, where that is set', async () => {
    const folder = newFolder();
    const tasks = folder.tasks(4);
    const { provider, calls } = fake(longer);
    const options = { tasks, provider, maxOutputTokens: 100 };
    const once = await generateIn(folder, options);
    expect(once.dropped.map(({ reason }) => reason)).toEqual(Array(4).fill('truncated'));
    const twice = await generateIn(folder, { ...options, truncatedRetryTokens: 400 });
    expect(twice.samples.map(({ id }) => id)).toEqual(once.dropped.map(({ taskId }) => taskId));
    expect(calls.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([
      ...Array<number>(4).fill(100),
      ...Array<number>(4).fill(400),
    ]);
    expect(twice.progress).toMatchObject({ answered: 4, cached: 4 });
    // Nothing is asked a third time.
    expect((await generateIn(folder, { ...options, truncatedRetryTokens: 400 })).samples).toEqual(twice.samples);
    expect(calls).toHaveLength(8);
  });

  it('stays dropped where that is cut too, or is refused, and counts once', async () => {
    const folder = newFolder();
    const always = fake(() => cut);
    const options = { tasks: folder.tasks(3), maxOutputTokens: 100, truncatedRetryTokens: 400 };
    const { dropped, progress } = await generateIn(folder, { ...options, provider: always.provider });
    expect(dropped.map(({ reason }) => reason)).toEqual(Array(3).fill('truncated'));
    expect([always.calls.length, progress.answered, progress.cached]).toEqual([6, 6, 0]);
    const narrow = fake(({ maxOutputTokens }) => {
      if (maxOutputTokens > 100) throw new ProviderCallError('Too long.', { failure: 'rejected', status: 400 });
      return cut;
    });
    const refused = await generateIn(newFolder(), { ...options, provider: narrow.provider });
    expect(refused.dropped.map(({ reason }) => reason)).toEqual(Array(3).fill('truncated'));
  });

  it('is asked again in a later pass when the second request fails for a while, and paid and counted once', async () => {
    const folder = newFolder();
    let down = 2 * quickRetry.attempts;
    const { provider, calls } = fake((request) => {
      if (request.maxOutputTokens > 100 && down-- > 0) throw new ProviderCallError('Busy.', { failure: 'overloaded' });
      return longer(request);
    });
    const options = { tasks: folder.tasks(2), provider, maxOutputTokens: 100, truncatedRetryTokens: 400 };
    const { samples, progress } = await generateIn(folder, options);
    expect(samples).toHaveLength(2);
    expect(progress).toMatchObject({ answered: 4, cached: 0 });
    expect(calls.filter(({ maxOutputTokens }) => maxOutputTokens === 100)).toHaveLength(2);
  });
});

it('what was mended is counted by kind', async () => {
  const folder = newFolder();
  const texts = [good.text, `Sure: ${good.text}`, `${good.text.slice(0, -1)},"note":1,}`, 'nothing'];
  const { provider } = fake((_request, call) => ({ ...good, text: texts[call - 1] ?? '' }));
  const { samples, dropped, progress } = await generateIn(folder, { tasks: folder.tasks(4), provider, concurrency: 1 });
  expect([samples.length, dropped.length]).toEqual([3, 1]);
  expect(progress.repaired).toEqual({ surroundings: 1, syntax: 1, 'extra-field': 1 });
});

it('settings of a provider make other requests, and none makes the same as ever', async () => {
  const folder = newFolder();
  const tasks = folder.tasks(2);
  for (const settings of [undefined, { thinkingBudget: 0 }, { thinkingBudget: 0 }]) {
    const { provider } = fake(() => good, { settings });
    await generateIn(folder, { tasks, provider });
  }
  using cache = openReplyCache(folder.file('replies.jsonl'));
  expect(cache.size).toBe(4);
});
