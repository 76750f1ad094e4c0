/** Batches by a command over files, as `vllm run-batch` works them off: tried with a fake that speaks the format. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { openAiProvider } from '../../src/providers/openai.js';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import { Folder, quickRetry } from '../generation/support.js';

/** Answers every request of a file but those that it is told not to, and writes down that it ran. */
const fake = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
const [input, output, ran, mode = ''] = process.argv.slice(2);
appendFileSync(ran, process.pid + '\\n');
if (mode === 'fails') { console.error('CUDA out of memory'); process.exit(3); }
if (mode === 'hangs') await new Promise(() => setInterval(() => {}, 1000));
const reply = JSON.stringify({ question: 'What is seen?', options: ['a mass', 'a cyst'], rationale: 'Round.\\u2028', answer: 'a cyst' });
const lines = readFileSync(input, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
const results = lines.map(({ custom_id, url, body }, at) => {
  if (url !== '/v1/chat/completions' || !JSON.stringify(body.messages).includes('data:image/png;base64,')) process.exit(4);
  if (at === 1 && mode === 'refuses') return { custom_id, response: { status_code: 400, body: { error: { message: 'too long' } } }, error: null };
  const choices = [{ index: 0, message: { role: 'assistant', content: reply }, finish_reason: 'stop' }];
  return { id: 'x', custom_id, response: { status_code: 200, body: { choices, usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } } }, error: null };
});
writeFileSync(output, results.toReversed().map((line) => JSON.stringify(line)).join('\\n'));
`;

function setUp(mode = '', count = 7) {
  const folder = new Folder();
  writeFileSync(folder.file('fake.mjs'), fake);
  const ran = folder.file('ran.txt');
  const command = (how: string): string[] => [
    process.execPath,
    folder.file('fake.mjs'),
    '{input}',
    '{output}',
    ran,
    how,
  ];
  const tasks = folder.tasks(count);
  const notices: string[] = [];
  const generate = async (options: Partial<CandidateOptions> & { how?: string } = {}) => {
    const { how = mode, ...more } = options;
    using cache = openReplyCache(folder.file('replies.jsonl'));
    return await generateCandidates({
      tasks,
      provider: openAiProvider({ model: 'm', baseUrl: 'http://127.0.0.1:9/v1', batchCommand: command(how) }),
      cache,
      batches: { folder: folder.file('batches'), requests: 3, pollMs: 5, longestPollMs: 20 },
      retry: quickRetry,
      waitsMs: [],
      onNotice: (message) => notices.push(message),
      ...more,
    });
  };
  const runs = (): string[] => (existsSync(ran) ? readFileSync(ran, 'utf8').trim().split('\n') : []);
  return { folder, generate, runs, notices };
}

describe('a command over files', () => {
  it('answers what a server would, batch after batch, and leaves no image behind', async () => {
    const { folder, generate, runs } = setUp();
    const { samples, progress } = await generate();
    expect([samples.length, progress.answered, runs().length]).toEqual([7, 7, 3]);
    expect(readdirSync(folder.file('batches')).filter((name) => !name.endsWith('.json'))).toEqual([]);
    const again = await generate();
    expect([again.progress.cached, runs().length]).toEqual([7, 3]);
  });

  it('may refuse a request, which is dropped alone', async () => {
    const { samples, dropped } = await setUp('refuses', 3).generate();
    expect([samples.length, dropped.map(({ reason }) => reason)]).toEqual([2, ['request-failed']]);
  });

  it('that fails is told by its own last words, and run again by the next start', async () => {
    const { generate, runs } = setUp('fails', 2);
    await expect(generate()).rejects.toMatchObject({
      code: 'requests-unanswered',
      message: expect.stringContaining('CUDA out of memory'),
    });
    expect((await generate({ how: '' })).samples).toHaveLength(2);
    expect(runs().length).toBeGreaterThanOrEqual(2);
  });

  it('that is not there is told by name', async () => {
    const { generate, folder } = setUp('', 1);
    const provider = openAiProvider({
      model: 'm',
      baseUrl: 'http://127.0.0.1:9/v1',
      batchCommand: [folder.file('none'), '{input}', '{output}'],
    });
    await expect(generate({ provider })).rejects.toMatchObject({ message: expect.stringContaining('ENOENT') });
  });

  it('ends when it is stopped, and is run anew', async () => {
    const { generate, runs, notices } = setUp('hangs', 2);
    const controller = new AbortController();
    const stopped = generate({ signal: controller.signal });
    while (runs().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'generation-interrupted' });
    expect(notices).toEqual([expect.stringContaining('begins anew')]);
    const [pid = ''] = runs();
    const isAlive = (): boolean => {
      try {
        return process.kill(Number(pid), 0);
      } catch {
        return false;
      }
    };
    while (isAlive()) await new Promise((resolve) => setTimeout(resolve, 5));
    const { samples } = await generate({ how: '' });
    expect([samples.length, runs().length]).toEqual([2, 2]);
  });
});

it('a setting without the files it works on is refused', () => {
  const text = 'generation: { provider: openai, mode: batch, openai: { model: m, batchCommand: [vllm, run-batch] } }';
  expect(() => parseConfig(text, { file: 'test.yaml' })).toThrow(/batchCommand.*\{input\} and \{output\}/);
});
