/** One attempt: the command as a process, its events as they come, and how it ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { familyOf, leftAfter, note, signalAll, type Known } from './acts/processes.js';

export interface Running {
  pid: number;
  /** The process at work in a job; null between jobs. */
  worker: number | null;
  events: TimedEvent[];
}

export interface AttemptEnd {
  /** Null where a signal ended it. */
  code: number | null;
  events: TimedEvent[];
  stderr: string;
  seconds: number;
  /** It did not end by itself in time. */
  hung: boolean;
  /** Processes of it that still ran half a minute later. */
  left: number;
}

export interface AttemptOptions {
  env?: NodeJS.ProcessEnv;
  /** Called with every event. */
  onEvent?: (event: TimedEvent, running: Running) => void;
  /** Longest time, in seconds; the command is then killed. */
  longest?: number;
}

/** Until all processes of a command that ended must have left, in seconds. */
const leaveWithin = 30;

/** @param values What follows `medgr2`. */
export async function attempt(values: readonly string[], options: AttemptOptions = {}): Promise<AttemptEnd> {
  const { env = {}, onEvent = () => {}, longest = 300 } = options;
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...values], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1', ...env },
  });
  const running: Running = { pid: child.pid ?? 0, worker: null, events: [] };
  const family: Known = new Map();
  let stderr = '';
  let hung = false;
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseEvent(line);
    if (event === null) return;
    running.events.push(event);
    if (event.type === 'job' && event.event.type === 'job-start') running.worker = event.event.pid;
    if (event.type === 'stage-end') running.worker = null;
    if (event.type === 'job' && event.event.type === 'job-start') note(family, familyOf(running.pid));
    onEvent(event, running);
  });
  const timer = setTimeout(() => {
    hung = true;
    note(family, familyOf(running.pid));
    signalAll([...family.keys()], 'SIGKILL');
  }, longest * 1000);
  // Not `close`: processes that outlive the command hold its pipes, and are looked for afterwards.
  const closed = once(child, 'close');
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  await Promise.race([closed, sleep(1000)]);
  child.stdout.destroy();
  child.stderr.destroy();
  const seconds = (performance.now() - started) / 1000;
  const left = await leftAfter(family, leaveWithin);
  // They would disturb the next attempt, and every bench after this one.
  signalAll(left, 'SIGKILL');
  return { code, events: running.events, stderr, seconds, hung, left: left.length };
}

/** A process that is killed while it writes leaves half a line. */
function parseEvent(line: string): TimedEvent | null {
  try {
    return JSON.parse(line) as TimedEvent;
  } catch {
    return null;
  }
}
