/**
 * Whether the bridge leaks, and whether Node stays free while a job streams events. Needs no torch.
 * `npm run bench:soak -- [calls] [jobs] [events]`; 100,000 calls, 1,000 jobs and 50,000 events where they are left out.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openEngine, type Engine } from '../../../src/bridge/jobs/open-engine.js';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const [calls = 100_000, jobs = 1000, events = 50_000] = scriptLine(import.meta.filename, {}, 3).positionals.map(
  (text) => scriptNumber(import.meta.filename, 'each value', text),
);
const mebi = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 100) / 100;

/** Node's heap after a collection, and Python's resident memory (Linux; 0 elsewhere), in MiB. */
async function memory(engine: Engine): Promise<{ node: number; python: number }> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20)); // finalizers run between turns
  }
  return { node: mebi(process.memoryUsage().heapUsed), python: residentOf(engine.pid) };
}

function residentOf(pid: number): number {
  try {
    return mebi(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024);
  } catch {
    return 0;
  }
}

async function grown(engine: Engine, work: () => Promise<void>) {
  const before = await memory(engine);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const after = await memory(engine);
  const difference = (part: 'node' | 'python'): number => Math.round((after[part] - before[part]) * 100) / 100;
  return { seconds: Math.round(seconds * 100) / 100, nodeMiB: difference('node'), pythonMiB: difference('python') };
}

async function echoes(engine: Engine, count: number): Promise<void> {
  const atOnce = 50;
  for (let done = 0; done < count; done += atOnce) {
    const some = Math.min(atOnce, count - done);
    await Promise.all(Array.from({ length: some }, (_, index) => engine.echo(`${done + index}`)));
  }
}

async function countingJob(engine: Engine, total: number): Promise<number> {
  const job = engine.startModule('bridge_jobs', { do: 'count', total });
  let seen = 0;
  for await (const event of job.events) if (event.type === 'progress') seen += 1;
  await job.result;
  return seen;
}

/** The most milliseconds of processor time that this thread spends between two ticks of a timer: what it does in one go. */
function watchBusy(): { stop: () => number } {
  let since = process.threadCpuUsage();
  let most = 0;
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(since);
    most = Math.max(most, user + system);
    since = process.threadCpuUsage();
  };
  const timer = setInterval(look, 1);
  return {
    stop() {
      clearInterval(timer);
      look();
      return Math.round(most / 100) / 10;
    },
  };
}

/**
 * The longest time that Node could do nothing else: on the clock, where a busy machine counts as well, and of that what Node
 * itself did. And how many events were kept for a slow reader.
 */
async function streamed(engine: Engine, total: number) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const busy = watchBusy();
  const started = performance.now();
  let heard = 0;
  const job = engine.startModule('bridge_jobs', { do: 'count', total }, { onEvent: () => (heard += 1) });
  await job.result;
  const seconds = Math.round(performance.now() - started) / 1000;
  delay.disable();
  const longestBusyMs = busy.stop();
  let kept = 0;
  for await (const event of job.events) kept += event.type === 'progress' ? 1 : 0;
  return { events: heard, seconds, longestDelayMs: Math.round(delay.max / 1e5) / 10, longestBusyMs, kept };
}

await using engine = await openEngine({
  preload: false,
  pythonPath: [path.resolve(import.meta.dirname, '../../bridge/fixtures')],
});
await echoes(engine, 2000); // what is made once is made now
await countingJob(engine, 10);
const report = {
  calls: { count: calls, ...(await grown(engine, () => echoes(engine, calls))) },
  jobs: {
    count: jobs,
    ...(await grown(engine, async () => {
      for (let done = 0; done < jobs; done++) await countingJob(engine, 20);
    })),
  },
  stream: await streamed(engine, events),
};
console.log(JSON.stringify(report, null, 2));
