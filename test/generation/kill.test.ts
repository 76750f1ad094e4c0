/** kill -9 in the middle of a generation, again and again: nothing is lost, only what was in flight is asked twice. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { generateCandidates } from '../../src/generation/generate.js';
import { openReplyCache } from '../../src/generation/reply-cache.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { readAnswered } from '../../src/providers/simulated/counts.js';
import { startTeacherServer } from '../../src/providers/simulated/server.js';
import { book, Folder } from './support.js';

const script = fileURLToPath(new URL('killed-generation.ts', import.meta.url));
const taskCount = 400;
const concurrency = 8;
const kills = 4;

it('survives kill -9', { timeout: 60_000 }, async () => {
  using folder = new Folder();
  const tasks = folder.tasks(taskCount);
  writeFileSync(folder.file('tasks.json'), JSON.stringify(tasks));
  const countsFile = folder.file('answered.txt');
  const faults = { malformed: 0.05, blocked: 0.05, overloaded: 0.05 };
  await using server = await startTeacherServer({ book, faults, latencyMs: 10, retryAfterMs: 10, countsFile });

  for (let run = 1; run <= kills; run++) {
    const child = spawn(process.execPath, ['--import', 'tsx', script, folder.path, server.url], { stdio: 'inherit' });
    const ended = once(child, 'exit');
    while (server.counts().answered < run * 60) await sleep(5);
    child.kill('SIGKILL');
    await ended;
    // What a kill in the middle of a write leaves, which is rare to hit by chance.
    if (run === 2) appendFileSync(folder.file('replies.jsonl'), '{"v":1,"at":"2025');
  }
  const last = spawn(process.execPath, ['--import', 'tsx', script, folder.path, server.url], { stdio: 'inherit' });
  expect(await once(last, 'exit')).toEqual([0, null]);

  const counts = readAnswered(countsFile);
  expect(counts.distinctAnswered).toBe(taskCount);
  expect(counts.repeatedAnswered).toBeLessThanOrEqual(kills * concurrency);
  expect(server.counts()).toMatchObject(counts);

  await using undisturbed = await startTeacherServer({ book, faults, retryAfterMs: 10 });
  using cache = openReplyCache(folder.file('undisturbed.jsonl'));
  const provider = geminiProvider({ model: 'simulated-teacher', apiKey: 'any-key', baseUrl: undisturbed.url });
  const { samples, dropped } = await generateCandidates({ tasks, provider, cache, cycle: 1, retry: { backoffMs: 5 } });
  expect(JSON.parse(readFileSync(folder.file('result.json'), 'utf8'))).toEqual({ samples, dropped });
});
