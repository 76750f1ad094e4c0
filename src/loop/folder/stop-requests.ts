/**
 * Pause and stop.
 * What a person asks of a run that is going: to pause, or to stop. A small file in the run folder, so that it works from
 * any process that sees the folder; looked at between stages and twice a second. A new run clears what was asked before.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { onDisk } from '../../disk.js';
import type { RunEvent, StageName } from '../run-events.js';
import { runFiles, writeWhole } from './run-folder.js';

const requestSchema = z.enum(['pause', 'stop-after-stage', 'stop']);
/**
 * - `pause`: the stage at work ends, then the run waits before the next one until the request is taken back.
 * - `stop-after-stage`: the stage at work ends, then the run stops.
 * - `stop`: what is at work ends safely (a training saves its checkpoint), then the run stops.
 */
export type RunRequest = z.output<typeof requestSchema>;

const lookEveryMs = 500;

/** @param request Null takes back what was asked. */
export function requestOfRun(runDir: string, request: RunRequest | null): void {
  const file = join(runDir, runFiles.request);
  if (request === null) onDisk(file, () => rmSync(file, { recursive: true, force: true }));
  else writeWhole(file, `${request}\n`);
}

/** What is asked of the run now. */
export function readRequest(runDir: string): RunRequest | null {
  try {
    return requestSchema.safeParse(readFileSync(join(runDir, runFiles.request), 'utf8').trim()).data ?? null;
  } catch {
    return null;
  }
}

export interface RunRequests extends Disposable {
  /** Aborts when the run is to stop. */
  signal: AbortSignal;
  /** Waits while the run is paused. */
  beforeStage(next: { cycle: number; stage: StageName }, emit: (event: RunEvent) => void): Promise<void>;
}

/** @param callerSignal Stops the run too, and ends a pause. */
export function listenForRequests(runDir: string, callerSignal: AbortSignal | undefined): RunRequests {
  requestOfRun(runDir, null);
  const stop = new AbortController();
  const signal = callerSignal === undefined ? stop.signal : AbortSignal.any([callerSignal, stop.signal]);
  const timer = setInterval(() => {
    if (readRequest(runDir) === 'stop') stop.abort();
  }, lookEveryMs);
  timer.unref();
  return {
    signal,
    beforeStage: async (next, emit) => {
      const asked = readRequest(runDir);
      if (asked === 'stop' || asked === 'stop-after-stage') stop.abort();
      if (asked !== 'pause') return;
      emit({ type: 'pause', ...next, paused: true });
      while (readRequest(runDir) === 'pause' && !signal.aborted)
        await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
      emit({ type: 'pause', ...next, paused: false });
      if (readRequest(runDir) !== null) stop.abort();
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      try {
        requestOfRun(runDir, null);
      } catch {
        // What ended the run is what the person is told; the next attempt clears it.
      }
    },
  };
}
