/** kill -9 at random moments of a generation, shared by the test (few kills) and the bench (twenty). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../src/random.js';
import { generateCandidates } from '../helpers/generate-candidates.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { readAnswered } from '../../src/providers/simulated/request-counts.js';
import { startTeacherServer } from '../../src/providers/simulated/simulated-server.js';
import { book, Folder, killedSetting, type KillMode } from './support.js';

const script = fileURLToPath(new URL('killed-generation.ts', import.meta.url));
const concurrency = 8;
/** Enough for two or three batches. */
const callsOfOneLife = 20;

export interface KillOptions {
  requests: number;
  kills: number;
  seed: number;
  /** Milliseconds until an answer. */
  latencyMs: number;
  /** Default: one request at a time. */
  mode?: KillMode;
  onKill?: (kill: number, lost: number) => void;
}

export interface KillOutcome {
  /** Requests with different content that were answered, and answers to one that had been answered before. */
  distinctAnswered: number;
  repeatedAnswered: number;
  /** At each kill: requests that the server had answered and the cache did not hold. Only these may be asked again. */
  lost: number[];
  concurrency: number;
  /** What came out, and what comes of an undisturbed run. */
  killed: unknown;
  undisturbed: unknown;
}

export async function killRepeatedly(options: KillOptions): Promise<KillOutcome> {
  const { requests, kills, seed, latencyMs, onKill, mode = 'single' } = options;
  using folder = new Folder();
  const tasks = folder.tasks(requests);
  writeFileSync(folder.file('tasks.json'), JSON.stringify(tasks));
  const countsFile = folder.file('answered.txt');
  const replies = folder.file('replies.jsonl');
  const faults = { malformed: 0.05, blocked: 0.05, overloaded: 0.05 };
  await using server = await startTeacherServer({ book, faults, latencyMs, retryAfterMs: 10, countsFile, batchMs: 60 });
  const start = () => {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', script, folder.path, server.url, mode], {
      stdio: 'inherit',
    });
    return { child, ended: once(child, 'exit') };
  };
  const random = seededRandom('kill moments', seed);
  // Each kill falls at a random moment of its own share of the run, between any two steps of the process.
  const share = requests / (kills + 1);
  const lost: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const { child, ended } = start();
    const moment = Math.floor((kill + random.next()) * share);
    // Batches are answered many at a time: there it is the calls about them that are counted.
    const calls = server.counts().batchCalls + random.next() * callsOfOneLife;
    const isDue = (): boolean =>
      mode === 'single' ? server.counts().distinctAnswered > moment : server.counts().batchCalls > calls;
    while (!isDue() && child.exitCode === null) await sleep(1);
    await sleep(random.next() * latencyMs);
    child.kill('SIGKILL');
    await ended;
    // Until the server has seen that those who asked are gone.
    await sleep(latencyMs * 2 + 50);
    const cached = readFileSync(replies, 'utf8').split('\n').length - 1;
    lost.push(server.counts().distinctAnswered - cached);
    onKill?.(kill + 1, lost.at(-1) ?? 0);
  }
  const [code] = (await start().ended) as [number | null];
  if (code !== 0) throw new Error(`the last run ended with code ${code}`);
  const { distinctAnswered, repeatedAnswered } = readAnswered(countsFile);
  await using quiet = await startTeacherServer({ book, faults, retryAfterMs: 1 });
  using cache = openReplyCache(folder.file('undisturbed.jsonl'));
  const setting = killedSetting(mode, quiet.url, folder.file('undisturbed'));
  const { samples, dropped } = await generateCandidates({
    tasks,
    ...setting,
    cache,
    cycle: 1,
    retry: { backoffMs: 5 },
  });
  const killed = JSON.parse(readFileSync(folder.file('result.json'), 'utf8')) as unknown;
  return { distinctAnswered, repeatedAnswered, lost, concurrency, killed, undisturbed: { samples, dropped } };
}
