import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InterruptedError, ProviderError } from '../../src/errors.js';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import type { GenerationProgress } from '../../src/generation/generation-progress.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { ProviderCallError } from '../../src/providers/call-error.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import type { Provider, ProviderReply, ProviderRequest } from '../../src/providers/provider.js';
import { startTeacherServer, type TeacherServerOptions } from '../../src/providers/simulated/simulated-server.js';
import { seededRandom } from '../../src/random.js';
import { sampleSchema } from '../../src/sample.js';
import { book, Folder, quickRetry } from './support.js';

// On a machine with much else to do, each of these takes its time.
vi.setConfig({ testTimeout: 120_000 });

const apiKey = 'AIzaSy-not-a-real-key-0123456789';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function setUp(teacher: Partial<TeacherServerOptions> = {}) {
  const folder = new Folder();
  const server = await startTeacherServer({ book, ...teacher });
  const cache = openReplyCache(folder.file('replies.jsonl'));
  const provider = geminiProvider({ model: 'simulated-teacher', apiKey, baseUrl: server.url, timeoutMs: 60_000 });
  closers.push(
    () => server.close(),
    () => cache.close(),
    () => folder[Symbol.dispose](),
  );
  const events: GenerationProgress[] = [];
  const generate = (options: Partial<CandidateOptions> & Pick<CandidateOptions, 'tasks'>) =>
    generateCandidates({
      provider,
      cache,
      cycle: 1,
      retry: quickRetry,
      waitsMs: [1, 1],
      onEvent: (event: GenerationProgress) => events.push(event),
      ...options,
    });
  return { folder, server, cache, provider, events, generate };
}

/** A provider that answers as the test says and records its calls. */
function fakeProvider(answer: (request: ProviderRequest, call: number) => Promise<ProviderReply>) {
  const calls: ProviderRequest[] = [];
  const provider: Provider = {
    name: 'fake',
    model: 'fake-1',
    endpoint: null,
    capabilities: { structuredOutput: 'json-schema', usage: 'always' },
    complete: (request) => answer(request, calls.push(request)),
  };
  return { provider, calls };
}

const failingListener = (): void => {
  throw new RangeError('listener');
};
const empty: ProviderReply = { text: '', finish: 'empty', usage: { inputTokens: 1, outputTokens: 0 } };
const good: ProviderReply = {
  text: JSON.stringify({ question: 'What?', options: ['a mass', 'a cyst'], rationale: 'Seen.', answer: 'a cyst' }),
  finish: 'stop',
  usage: { inputTokens: 100, outputTokens: 40 },
};
const callError = (failure: ProviderCallError['failure'], retryAfterMs?: number): ProviderCallError =>
  new ProviderCallError(`It failed: ${failure}.`, { failure, retryAfterMs, remedy: 'Try the other way.' });

describe('generateCandidates', () => {
  it('makes a sample of every task, in their order, with its provenance', async () => {
    const { folder, generate, events, server } = await setUp({ latencyMs: { median: 5, sigma: 1 } });
    const tasks = folder.tasks(40);
    const { samples, dropped, progress } = await generate({ tasks });
    expect(dropped).toEqual([]);
    expect(samples.map((sample) => sample.image)).toEqual(tasks.map((task) => task.image));
    for (const sample of samples) expect(sampleSchema.parse(sample)).toEqual(sample);
    expect(samples[1]).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      questionType: 'anatomy identification',
      provenance: { provider: 'gemini', model: 'simulated-teacher', strategy: 'step-by-step', cycle: 1 },
      score: null,
    });
    expect(new Set(samples.map((sample) => sample.id)).size).toBe(40);
    expect(progress).toMatchObject({ total: 40, done: 40, accepted: 40, answered: 40, cached: 0, final: true });
    expect(progress.inputTokens).toBeGreaterThan(40 * 258);
    expect(events.at(-1)).toEqual(progress);
    expect(events.filter((event) => event.final)).toHaveLength(1);
    expect(events.length).toBeLessThanOrEqual(progress.seconds * 10 + 2);
    expect(server.counts()).toMatchObject({ answered: 40, repeatedAnswered: 0 });
  });

  it('asks nothing again: not in a second call, not after the cache was opened anew', async () => {
    const { folder, generate, cache, server } = await setUp({ faults: { malformed: 0.2, blocked: 0.2 } });
    const tasks = folder.tasks(30);
    const first = await generate({ tasks });
    expect(first.dropped.length).toBeGreaterThan(3);
    expect(await generate({ tasks })).toMatchObject({ samples: first.samples, dropped: first.dropped });
    cache.close();
    using reopened = openReplyCache(folder.file('replies.jsonl'));
    // Not even the images are needed.
    for (const task of tasks) rmSync(task.image);
    const third = await generate({ tasks, cache: reopened });
    expect(third).toMatchObject({ samples: first.samples, dropped: first.dropped });
    // What it stands on was paid for before, and is told beside what this call spent.
    const { inputTokens, outputTokens } = first.progress;
    const cachedUsage = { inputTokens, outputTokens };
    expect(third.progress).toMatchObject({ answered: 0, cached: 30, inputTokens: 0, cachedUsage });
    expect(server.counts()).toMatchObject({ requests: 30, answered: 30 });
  });

  it('records every reply that is no sample, with its reason', async () => {
    const faults = { malformed: 0.15, empty: 0.15, blocked: 0.15, truncated: 0.15, overloaded: 0.3 };
    const { folder, generate, server } = await setUp({ faults, retryAfterMs: 5 });
    const tasks = folder.tasks(80);
    const { samples, dropped, progress } = await generate({ tasks });
    expect(samples.length + dropped.length).toBe(80);
    const counts = server.counts();
    const reasons = Object.groupBy(dropped, ({ reason }) => reason);
    expect(reasons['malformed-json']).toHaveLength(counts.malformed);
    expect(reasons.empty).toHaveLength(counts.empty);
    expect(reasons.blocked).toHaveLength(counts.blocked);
    expect(reasons.truncated).toHaveLength(counts.truncated);
    for (const count of [counts.malformed, counts.empty, counts.blocked, counts.truncated])
      expect(count).toBeGreaterThan(0);
    expect(counts.overloaded).toBeGreaterThan(10);
    expect(progress.retries).toBe(counts.overloaded);
    expect(counts).toMatchObject({ answered: 80, repeatedAnswered: 0 });
    expect(dropped[0]).toMatchObject({ taskId: expect.any(String) as string, task: { modality: 'CT' } });
  });

  it('drops what stands twice among the tasks and what cannot be sent', async () => {
    const { folder, generate, server } = await setUp();
    const tasks = folder.tasks(5);
    writeFileSync(tasks[1]?.image ?? '', 'changed since');
    rmSync(tasks[2]?.image ?? '');
    const { samples, dropped } = await generate({ tasks: [...tasks, ...tasks.slice(0, 1)] });
    expect(samples).toHaveLength(3);
    expect(dropped.map(({ reason }) => reason)).toEqual(['image-unusable', 'image-unusable', 'duplicate-task']);
    expect(dropped[1]?.detail).toContain('image-2.png');
    expect(server.counts().requests).toBe(3);
  });

  it('shows exemplars of the question type in the prompt, never one about the same image', async () => {
    const { folder, generate, cache } = await setUp();
    const tasks = folder.tasks(10);
    const { samples } = await generate({ tasks });
    const { provider, calls } = fakeProvider(async () => empty);
    await generate({ tasks: tasks.slice(0, 1), provider, cache, exemplars: samples });
    expect(calls[0]?.prompt).toContain(samples[5]?.question);
    expect(calls[0]?.prompt).not.toContain(samples[0]?.question);
    expect(calls[0]?.prompt).not.toContain(samples[1]?.question);
  });

  it('keeps the key out of the cache and the events', async () => {
    const { folder, generate, events, cache } = await setUp();
    await generate({ tasks: folder.tasks(3) });
    expect(readFileSync(cache.path, 'utf8') + JSON.stringify(events)).not.toContain(apiKey);
  });

  it('resolves relative images from the root', async () => {
    const { folder, generate } = await setUp();
    const tasks = folder.tasks(2).map((task) => ({ ...task, image: task.image.slice(folder.path.length + 1) }));
    const { samples } = await generate({ tasks, root: folder.path });
    expect(samples.map((sample) => sample.image)).toEqual(['image-0.png', 'image-1.png']);
  });
});

describe('trying again', () => {
  it('waits at least as long as it was asked to', async () => {
    const { folder, generate } = await setUp();
    const times: number[] = [];
    const { provider } = fakeProvider(async (_request, call) => {
      times.push(performance.now());
      if (call < 3) throw callError('rate-limited', 120);
      return empty;
    });
    await generate({ tasks: folder.tasks(1), provider });
    expect(times).toHaveLength(3);
    for (const i of [1, 2]) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(119);
  });

  it('ends after the tries and rounds allowed, as not complete: what is missing is asked by the next call', async () => {
    const { folder, generate, cache, events } = await setUp();
    const tasks = folder.tasks(4);
    let dead = true;
    const { provider, calls } = fakeProvider(async (request) => {
      if (dead && request.prompt.includes('anatomy')) throw callError('overloaded');
      return good;
    });
    const notices: string[] = [];
    const onNotice = (message: string): void => void notices.push(message);
    await expect(generate({ tasks, provider, onNotice })).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'requests-unanswered',
      message: expect.stringContaining('1 of 4 requests were not answered. Last: It failed: overloaded.') as string,
      remedy: expect.stringContaining('give the same command again') as string,
    });
    expect(notices).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ final: true, done: 3, dropped: {} });
    expect([calls.length, cache.size]).toEqual([3 + 3 * quickRetry.attempts, 3]);
    dead = false;
    expect((await generate({ tasks, provider })).samples).toHaveLength(4);
    expect(calls).toHaveLength(4 + 3 * quickRetry.attempts);
  });

  it('goes on without some where that is allowed', async () => {
    const { folder, generate } = await setUp();
    const { provider } = fakeProvider(async (request) => {
      if (request.prompt.includes('anatomy')) throw callError('overloaded');
      return good;
    });
    const { samples, dropped } = await generate({ tasks: folder.tasks(4), provider, maxUnanswered: 0.25 });
    expect(samples).toHaveLength(3);
    expect(dropped).toMatchObject([{ reason: 'request-failed', detail: 'It failed: overloaded.' }]);
  });

  it.each([
    ['unreachable', undefined],
    ['overloaded', undefined],
    ['timeout', undefined],
    ['unreadable', undefined],
    ['rate-limited', 20],
  ] as const)('loses nothing to a provider that is %s for a while', async (failure, retryAfter) => {
    const { folder, generate } = await setUp();
    // Longer than the tries of all that are on their way, so that the breaker opens as well.
    let down = 0;
    const { provider } = fakeProvider(async (_request, call) => {
      if (call > 10 && down < 60) {
        down += 1;
        throw callError(failure, retryAfter);
      }
      return good;
    });
    const options = { concurrency: 4, failuresInARow: 3, waitsMs: [1, 1, 1, 1, 1, 1] };
    const { samples, progress } = await generate({ tasks: folder.tasks(36), provider, ...options });
    expect(down).toBe(60);
    expect([samples.length, progress.done, progress.answered]).toEqual([36, 36, 36]);
  });

  it('keeps the stage open for a key that expires near the end, and asks nothing in vain', async () => {
    const { folder, generate } = await setUp();
    const { provider, calls } = fakeProvider(async (_request, call) => {
      if (call > 33) throw new ProviderCallError('Expired.', { failure: 'rejected', status: 401 });
      return good;
    });
    const pending = generate({ tasks: folder.tasks(36), provider, waitsMs: [60_000] });
    await expect(pending).rejects.toMatchObject({ code: 'requests-unanswered' });
    expect(calls).toHaveLength(36);
  });

  it('does not wait for a provider that asks for more than is allowed', async () => {
    const { folder, generate } = await setUp();
    const { provider, calls } = fakeProvider(async (_request, call) => {
      if (call === 1) throw callError('rate-limited', 3_600_000);
      return good;
    });
    const pending = generate({ tasks: folder.tasks(2), provider, concurrency: 1, waitsMs: [60_000] });
    await expect(pending).rejects.toMatchObject({ code: 'requests-unanswered' });
    expect(calls).toHaveLength(2);
  });
});

describe('useless replies', () => {
  const replies: Record<string, ProviderReply> = {
    empty,
    blocked: { ...empty, finish: 'blocked' },
    'malformed-json': { ...good, text: 'I cannot tell.' },
    truncated: { ...good, text: '', finish: 'max-tokens' },
    'too-long': { ...good, text: `${good.text}${' '.repeat(8 * 1024)}` },
    'answer-not-in-options': { ...good, text: good.text.replace('"a cyst"}', '"a fracture"}') },
  };

  it.each(Object.entries(replies))('stop when all are %s', async (reason, reply) => {
    const { folder, generate, cache } = await setUp();
    const { provider, calls } = fakeProvider(async () => reply);
    const error: unknown = await generate({ tasks: folder.tasks(100), provider, concurrency: 4 }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ name: 'ProviderError', code: 'replies-useless', where: 'fake/fake-1' });
    expect((error as Error).message).toContain(`12 ${reason}`);
    expect((error as Error).message).toMatch(/\d+ replies were paid for so far: \d+ tokens in, \d+ out/);
    expect((error as ProviderError).remedy).toContain('generation.maxUseless');
    // What was on its way is kept.
    expect(calls.length).toBeLessThanOrEqual(12 + 4);
    expect(cache.size).toBe(calls.length);
  });

  it('stop also when they become so later, and not for a teacher with 5 % of each', async () => {
    const { folder, generate } = await setUp();
    const later = fakeProvider(async (_request, call) => (call > 100 ? empty : good));
    await expect(generate({ tasks: folder.tasks(300), provider: later.provider })).rejects.toThrow('28 cannot be used');
    expect(later.calls.length).toBeLessThan(140);
    const all = Object.values(replies);
    const random = seededRandom('replies', 3);
    const healthy = fakeProvider(async () => all[Math.floor(random.next() * 20)] ?? good);
    const { samples, dropped } = await generate({ tasks: folder.tasks(800, 700), provider: healthy.provider });
    expect(samples.length + dropped.length).toBe(800);
    expect(dropped.length).toBeGreaterThan(160);
  });

  it('are paid to the end where that is wanted', async () => {
    const { folder, generate } = await setUp();
    const { provider } = fakeProvider(async () => empty);
    const { dropped } = await generate({ tasks: folder.tasks(60), provider, maxUseless: 1 });
    expect(dropped).toHaveLength(60);
  });

  it('without text at the limit of tokens are truncated, whatever the server calls it', async () => {
    const { folder, generate } = await setUp();
    const usage = { inputTokens: 10, outputTokens: 64 };
    const thought = fakeProvider(async () => ({ ...empty, usage }));
    const { dropped } = await generate({ tasks: folder.tasks(1), provider: thought.provider, maxOutputTokens: 64 });
    expect(dropped).toMatchObject([{ reason: 'truncated', detail: expect.stringContaining('before its first word') }]);
  });

  it('are told by their length where a limit is set', async () => {
    const { folder, generate } = await setUp();
    const { provider } = fakeProvider(async () => good);
    const options = { tasks: folder.tasks(1), provider, maxReplyCharacters: 50 };
    expect((await generate(options)).dropped).toMatchObject([{ reason: 'too-long' }]);
  });
});

describe('stopping', () => {
  it.each(['rejected', 'unreachable', 'overloaded'] as const)('when every request is %s', async (failure) => {
    const { folder, generate, events } = await setUp();
    const { provider, calls } = fakeProvider(async () => {
      throw callError(failure);
    });
    const error: unknown = await generate({ tasks: folder.tasks(200), provider }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ code: 'provider-unusable', remedy: 'Try the other way.' });
    expect((error as Error).message).toContain(`It failed: ${failure}.`);
    expect(calls.length).toBeLessThanOrEqual(failure === 'overloaded' ? 8 * quickRetry.attempts + 8 : 16);
    expect(events.at(-1)?.final).toBe(true);
  });

  it('when the provider turns away after a while, and also when the few requests there are all fail', async () => {
    const { folder, generate } = await setUp();
    const late = fakeProvider(async (_request, call) => {
      if (call > 20) throw callError('rejected');
      return good;
    });
    await expect(generate({ tasks: folder.tasks(200), provider: late.provider })).rejects.toThrow(
      '8 requests in a row',
    );
    expect(late.calls.length).toBeLessThan(40);
    const few = fakeProvider(async () => Promise.reject(callError('rejected')));
    await expect(generate({ tasks: folder.tasks(2, 700), provider: few.provider })).rejects.toThrow(
      'nothing was ever answered',
    );
  });

  it('but not for failures now and then', async () => {
    const { folder, generate } = await setUp();
    const { provider } = fakeProvider(async (_request, call) => {
      if (call % 2 === 0) throw callError('rejected');
      return good;
    });
    const { dropped } = await generate({ tasks: folder.tasks(60), provider, concurrency: 1 });
    expect(dropped.filter(({ reason }) => reason === 'request-failed')).toHaveLength(30);
  });

  it('at once on a wrong port, through the real client', async () => {
    const { folder, generate, events, server, provider } = await setUp();
    await server.close();
    await expect(generate({ tasks: folder.tasks(100), provider, retry: {} })).rejects.toThrow(/No answer/);
    // Each of the first eight was tried once, some perhaps once more.
    expect(events.at(-1)?.retries).toBeLessThanOrEqual(8);
  });

  it('when the signal aborts, promptly, and goes on from there', async () => {
    const { folder, generate, server, cache } = await setUp({ latencyMs: 20 });
    const tasks = folder.tasks(100);
    const controller = new AbortController();
    const stopAt = (event: GenerationProgress): void => {
      if (event.answered >= 20 && !controller.signal.aborted) setImmediate(() => controller.abort());
    };
    const error: unknown = await generate({ tasks, signal: controller.signal, onEvent: stopAt }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(InterruptedError);
    const { answered } = server.counts();
    expect(answered).toBeGreaterThanOrEqual(20);
    expect(answered).toBeLessThan(100);
    expect(cache.size).toBeGreaterThanOrEqual(answered - 8);
    const before = cache.size;
    const { samples, progress } = await generate({ tasks });
    expect(samples).toHaveLength(100);
    expect(progress).toMatchObject({ cached: before, answered: 100 - before });
    expect(server.counts().repeatedAnswered).toBeLessThanOrEqual(8);
  });

  it('when it was aborted before, without a request, and in the middle of a wait', async () => {
    const { folder, generate } = await setUp();
    const controller = new AbortController();
    const { provider, calls } = fakeProvider(async (_request, call) => {
      // In the middle of the waits that follow.
      if (call === 3) setTimeout(() => controller.abort(), 20);
      return Promise.reject(callError('overloaded', 60_000));
    });
    const tasks = folder.tasks(3);
    await expect(generate({ tasks, provider, signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
    expect(calls).toHaveLength(0);
    const started = performance.now();
    const retry = { ...quickRetry, longestWaitMs: 120_000 };
    const pending = generate({ tasks, provider, retry, signal: controller.signal });
    await expect(pending).rejects.toThrow(InterruptedError);
    // The provider asked for a minute.
    expect(performance.now() - started).toBeLessThan(50_000);
    expect(calls).toHaveLength(3);
  });

  it('when the cache or a listener fails, with that error', async () => {
    const { folder, generate, cache } = await setUp();
    await expect(generate({ tasks: folder.tasks(20), onEvent: failingListener })).rejects.toThrow(RangeError);
    cache.close();
    await expect(generate({ tasks: folder.tasks(20, 900) })).rejects.toMatchObject({ code: 'cache-closed' });
  });
});
