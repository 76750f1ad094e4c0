/** Runs one pass of `bench:generate`: a server and a client in processes of their own, and a folder that is gone afterwards. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FaultRates, Latency } from '../../../src/providers/simulated/planned-faults.js';
import { toolPass, toolPython, type Tool } from '../compare/tools.js';
import type { PassOptions, PassResult } from './generate-pass.js';
import { batchRequests, imageFiles, modelName, passTasks, requestLines } from './generate-tasks.js';

export interface Setting {
  requests: number;
  concurrency: number;
  latency: Latency;
  client: 'openai' | 'gemini' | 'inline';
  imageBytes: number;
  timeoutMs: number;
  requestsPerMinute: number | null;
  faults: FaultRates;
  mode: 'interactive' | 'batch';
  questions: number;
  /** Most that V8's heap may take in the client's process; null leaves it to V8, whose heap grows with what there is to have. */
  heapMegabytes: number | null;
}

export interface Measured {
  asked: number;
  answered: number;
  /** From the call to its result. */
  seconds: number;
  /** Of the client's process. */
  peakMegabytes: number;
  /** What only our own client tells. */
  own: {
    retries: number;
    samples: number;
    dropped: number;
    reasons: string;
    inputTokens: number;
    outputTokens: number;
  } | null;
}

export async function ownPass(setting: Setting): Promise<Measured> {
  const { latency, faults, heapMegabytes, ...asked } = setting;
  return withServer({ latency, faults }, async (url, folder) => {
    const options = { ...asked, folder, url } satisfies PassOptions;
    const client = start('generate-pass.ts', options, heapMegabytes === null ? [] : heapFlags(heapMegabytes));
    const { value, done } = await client.lines.next();
    if (done === true) throw new Error('the pass ended without a result; what it wrote is above');
    const { progress, peakMegabytes } = JSON.parse(value) as PassResult;
    const reasons = Object.entries(progress.dropped).map(([reason, count]) => `${count} ${reason}`);
    const { answered, seconds, retries, accepted: samples, total, inputTokens, outputTokens } = progress;
    const own = { retries, samples, dropped: total - samples, reasons: reasons.join(', '), inputTokens, outputTokens };
    return { asked: setting.requests * setting.questions, answered, seconds, peakMegabytes, own };
  });
}

/** The same requests, word for word. @throws Error with the tool's own reason. */
export async function comparePass(tool: Tool, setting: Setting, limitSeconds: number): Promise<Measured> {
  const { latency, requests, concurrency, imageBytes, timeoutMs, mode } = setting;
  await toolPython(tool);
  return withServer({ latency, faults: {} }, async (url, folder) => {
    const tasks = join(folder, 'requests.jsonl');
    await writeFile(tasks, requestLines(passTasks(await imageFiles(folder, requests, imageBytes), requests)));
    const asked = { model: modelName, concurrency, timeoutSeconds: timeoutMs / 1000, mode, batchRequests };
    const pass = { tasks, folder, url: `${url}/v1`, ...asked };
    return { asked: requests, own: null, ...(await toolPass(tool, pass, limitSeconds)) };
  });
}

async function withServer<T>(argument: object, work: (url: string, folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'medgr2-bench-'));
  const server = start('generate-server.ts', argument);
  try {
    return await work(String((await server.lines.next()).value), folder);
  } finally {
    server.child.stdin.end();
    await once(server.child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

const heapFlags = (megabytes: number): string[] => [
  `--max-old-space-size=${megabytes}`,
  `--max-semi-space-size=${Math.max(1, Math.round(megabytes / 16))}`,
];

function start(script: string, argument: object, flags: readonly string[] = []) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...flags, '--import', 'tsx', file, JSON.stringify(argument)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}
