/** The command line as a process of its own, its events as they come. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TimedEvent } from '../../src/loop/run-events.js';

export interface CommandEnd {
  code: number | null;
  events: TimedEvent[];
  stderr: string;
}

export interface CommandActs {
  /** Called with every event; may do something to the process. */
  onEvent?: (event: TimedEvent, child: ChildProcess) => void;
  /** Called with all that was written to stderr so far. */
  onError?: (stderr: string, child: ChildProcess) => void;
  env?: NodeJS.ProcessEnv;
}

/** @param values What follows `medgr2`; with `--json`, so that stdout is events. */
export async function runCommandLine(values: readonly string[], acts: CommandActs = {}): Promise<CommandEnd> {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'src/cli/main.ts', ...values], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...acts.env },
  });
  const events: TimedEvent[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    acts.onError?.(stderr, child);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as TimedEvent;
    events.push(event);
    acts.onEvent?.(event, child);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, events, stderr };
}
