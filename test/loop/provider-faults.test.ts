/** A generator that fails in the middle of a run: the stage stays open, nothing is lost, nothing is paid for twice. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { runLoop } from '../../src/loop/run.js';
import { fakeEngine } from './fake-engine.js';

// Each run writes some seventy tables; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 });

const sample = { question: 'What is seen?', options: ['a mass', 'a cyst'], rationale: 'Round.', answer: 'a cyst' };
const tokens = { prompt_tokens: 100, completion_tokens: 20 };

let server: Server;
let runDir = '';
let events: TimedEvent[] = [];
/** What the server answers to the n-th request, from 1: a status, or the text of a reply. */
let answer: (request: number) => number | string = () => JSON.stringify(sample);
let asked: string[] = [];

beforeEach(async () => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-faults-')), 'run');
  [events, asked] = [[], []];
  server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const said = answer(asked.push(Buffer.concat(chunks).toString('utf8')));
      if (typeof said === 'number') return response.writeHead(said).end('{"error":{"message":"No."}}');
      return response.end(
        JSON.stringify({ choices: [{ finish_reason: 'stop', message: { content: said } }], usage: tokens }),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  rmSync(join(runDir, '..'), { recursive: true, force: true });
});

function run() {
  const { port } = server.address() as AddressInfo;
  const yaml = `
cycles: 1
data: { source: phantom, seed: 12, test: 10, pool: 16 }
generation:
  provider: openai
  openai: { model: m, baseUrl: "http://127.0.0.1:${port}/v1" }
  imagesPerCycle: 16
  strategies: [direct]
  concurrency: 2
filter: { threshold: 0 }
preferences: { prompts: 6, samples: 2 }
`;
  const config = parseConfig(yaml, { file: 'test.yaml' });
  return runLoop(config, { runDir, engine: fakeEngine(), onEvent: (event) => events.push(event) });
}

const warnings = (): string[] => events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

test('a key that expires leaves the stage open, and the same command asks for what is missing alone', async () => {
  answer = (request) => (request > 12 ? 401 : JSON.stringify(sample));
  await expect(run()).rejects.toMatchObject({
    code: 'requests-unanswered',
    message: expect.stringContaining('4 of 16 requests were not answered') as string,
    remedy: expect.stringContaining('API key') as string,
  });
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'failed' });
  expect(existsSync(join(runDir, 'cycle-1/generate'))).toBe(false);
  answer = () => JSON.stringify(sample);
  expect((await run()).status).toBe('complete');
  expect(await readSamples(join(runDir, 'cycle-1/generate/candidates.parquet'))).toHaveLength(16);
  expect(asked).toHaveLength(12 + 4 + 4);
  expect(new Set(asked).size).toBe(16);
});

test('replies of no use stop the run before all are paid for', async () => {
  answer = () => '';
  await expect(run()).rejects.toMatchObject({
    code: 'replies-useless',
    message: expect.stringContaining('12 empty') as string,
  });
  expect(asked.length).toBeLessThan(16);
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'failed' });
});

test('a damaged line of the reply cache is told, with its file, and its reply asked for again', async () => {
  answer = (request) => (request > 12 ? 401 : JSON.stringify(sample));
  await expect(run()).rejects.toMatchObject({ code: 'requests-unanswered' });
  const file = join(runDir, 'generation/replies.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('a cyst', 'a lump'));
  answer = () => JSON.stringify(sample);
  await run();
  expect(warnings()).toContainEqual(expect.stringMatching(/generation\/replies\.jsonl: a line is damaged/));
  const samples = await readSamples(join(runDir, 'cycle-1/generate/candidates.parquet'));
  expect(new Set(samples.map(({ answer: word }) => word))).toEqual(new Set(['a cyst']));
  expect(asked).toHaveLength(12 + 4 + 4 + 1);
});
