/** That the other tools of `bench:generate --compare` ask for what our client asks for, and are answered. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { prepareRequest } from '../../../src/generation/asking/generation-request.js';
import { replySchema } from '../../../src/prompts/parse.js';
import { openAiProvider } from '../../../src/providers/openai.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { book } from '../../generation/support.js';
import { imageFiles, modelName, passTasks, requestLines } from './generate-tasks.js';

const folder = mkdtempSync(join(tmpdir(), 'medgr2-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllGlobals());

interface Line {
  image: string;
  system: string;
  prompt: string;
}
async function requests(count: number) {
  const tasks = passTasks(await imageFiles(folder, count, 1000), count);
  return {
    tasks,
    lines: requestLines(tasks)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  };
}

test('every request is told to the other tools in the words of our own client', async () => {
  const { tasks, lines } = await requests(20);
  expect(lines).toHaveLength(20);
  const provider = openAiProvider({ model: modelName, baseUrl: 'http://127.0.0.1:1/v1' });
  const { capabilities, name } = provider;
  for (const [at, task] of tasks.entries()) {
    let sent = '';
    vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
      sent = body;
      return Promise.resolve(new Response('{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}]}'));
    });
    const parameters = { provider: name, model: modelName, temperature: 1, maxOutputTokens: 1024, ...capabilities };
    const { system, prompt } = prepareRequest(task, [], parameters);
    const image = { bytes: readFileSync(task.image), mediaType: 'image/png', path: task.image };
    await provider.complete({ image, system, prompt, responseSchema: replySchema, temperature: 1, maxOutputTokens: 1 });
    const { messages } = JSON.parse(sent) as { messages: unknown };
    expect(messages).toMatchObject([
      { role: 'system', content: lines[at]?.system },
      { role: 'user', content: [{ type: 'image_url' }, { type: 'text', text: lines[at]?.prompt }] },
    ]);
  }
});

test('a client that has no system text beside an image is answered where it comes first', async () => {
  await using server = await startTeacherServer({ book });
  const { lines } = await requests(1);
  const [{ system, prompt, image }] = lines as [Line];
  const url = `data:image/png;base64,${readFileSync(image).toString('base64')}`;
  const ask = async (texts: string[]): Promise<number> => {
    const content = [
      ...texts.map((text) => ({ type: 'text', text })),
      { type: 'image_url', image_url: { url, detail: 'auto' } },
    ];
    const body = JSON.stringify({ model: modelName, messages: [{ role: 'user', content }] });
    return (await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body })).status;
  };
  expect(await ask([`${system}\n`, prompt])).toBe(200);
  expect(await ask([prompt])).toBe(400);
});
