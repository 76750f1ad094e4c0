/**
 * `npm run bench:generate`: requests a second and peak memory of a generation against a loopback server with log-normal
 * latency, without and with faults. Options: --requests 5000 --concurrency 64 --client openai|gemini --image-bytes 100000
 * --median 800 --sigma 0.5 --timeout 10 --requests-per-minute N. Nothing leaves the machine. Exits 1 if a task was lost.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { GenerationProgress } from '../../src/generation/progress.js';
import type { PassOptions } from './generate-pass.js';

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values } = parseArgs({
  options: {
    requests: text('5000'),
    concurrency: text('64'),
    client: text('openai'),
    'image-bytes': text('100000'),
    median: text('800'),
    sigma: text('0.5'),
    timeout: text('10'),
    'requests-per-minute': { type: 'string' },
  },
});
const [requests, concurrency] = [Number(values.requests), Number(values.concurrency)];
const latency = { median: Number(values.median), sigma: Number(values.sigma) };
const meanSeconds = (latency.median * Math.exp(latency.sigma ** 2 / 2)) / 1000;
const perMinute = values['requests-per-minute'] === undefined ? null : Number(values['requests-per-minute']);
const ideal = Math.min(concurrency / meanSeconds, perMinute === null ? Number.POSITIVE_INFINITY : perMinute / 60);

interface PassResult {
  samples: number;
  dropped: number;
  tasks: number;
  progress: GenerationProgress;
  peakMegabytes: number;
}

function start(script: string, argument: object) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify(argument)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function pass(faults: object): Promise<PassResult> {
  const folder = mkdtempSync(join(tmpdir(), 'medgr2-bench-'));
  const server = start('generate-server.ts', { latency, faults });
  const url = String((await server.lines.next()).value);
  const options: PassOptions = {
    folder,
    url,
    client: values.client === 'gemini' ? 'gemini' : 'openai',
    requests,
    concurrency,
    timeoutMs: Number(values.timeout) * 1000,
    requestsPerMinute: perMinute,
    imageBytes: Number(values['image-bytes']),
  };
  const client = start('generate-pass.ts', options);
  try {
    const { value, done } = await client.lines.next();
    if (done === true) throw new Error('the pass ended without a result; what it wrote is above');
    return JSON.parse(value) as PassResult;
  } finally {
    server.child.stdin.end();
    await once(server.child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(name: string, { samples, dropped, tasks, progress, peakMegabytes }: PassResult): boolean {
  const rate = progress.answered / progress.seconds;
  const lost = tasks - samples - dropped;
  const reasons = Object.entries(progress.dropped).map(([reason, count]) => `${count} ${reason}`);
  process.stdout.write(
    `${name}: ${tasks} requests in ${progress.seconds.toFixed(1)} s, ${rate.toFixed(1)}/s = ${(rate / ideal).toFixed(2)} of the ideal, ` +
      `peak memory ${peakMegabytes.toFixed(0)} MB, ${progress.retries} tried again; ${samples} samples, ` +
      `${dropped} dropped (${reasons.join(', ') || 'none'}), ${lost} lost\n`,
  );
  return lost === 0;
}

process.stdout.write(
  `${values.client} client, concurrency ${concurrency}, images of ${values['image-bytes']} bytes, latency log-normal with median ` +
    `${latency.median} ms and mean ${(meanSeconds * 1000).toFixed(0)} ms; ideal ${ideal.toFixed(1)}/s` +
    `${perMinute === null ? '' : ` (limited to ${perMinute} a minute)`}\n`,
);
const clean = report('without faults', await pass({}));
const each = 0.01;
const faults = { overloaded: each, failing: each, stalled: each, malformed: each, blocked: each };
const faulty = report('with 5 % faults (1 % each: 429 or 503, 500, stall, malformed, blocked)', await pass(faults));
process.stdout.write('Other tools (distilabel, curator) are not run beside it.\n');
process.exitCode = clean && faulty ? 0 : 1;
