/**
 * Stages of the loop on files of a person's own, outside of a loop: the same stages, ledger, events and resuming, in a run
 * folder that holds nothing else.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import type { LoopData } from '../dataset/source.js';
import { InterruptedError, messageOf, RunError } from '../errors.js';
import type { RunContext } from './context.js';
import type { DataContext } from './data.js';
import { openEvents } from './event-file.js';
import { openLedger } from './ledger.js';
import { listenForRequests } from './requests.js';
import { openRunFolder } from './open-run.js';
import { openWhenNeeded, type RunOptions } from './session.js';
import { readJson, runFiles, writeJson } from './run-folder.js';

/** Which stages the folder is for, so that it is never taken for a loop's, or for those of another command. */
const markerFile = 'stage-alone.json';

export interface AloneRun<Result> {
  /** Name of the command, as the folder remembers it. */
  name: string;
  /** What the stages may read as seed, test and pool; most need none. */
  data?: ((context: DataContext) => Promise<Partial<LoopData>>) | undefined;
  stages(run: RunContext): Promise<Result>;
}

/** @throws as runLoop does; the same call on the same folder goes on where it stopped. */
export async function runAlone<Result>(config: Config, options: RunOptions, alone: AloneRun<Result>): Promise<Result> {
  const runDir = resolve(options.runDir);
  claim(runDir, alone.name);
  const lock = openRunFolder(runDir, { ...config, cycles: 1 });
  writeJson(join(runDir, markerFile), { command: alone.name });
  const started = performance.now();
  using requests = listenForRequests(runDir, options.signal);
  const { signal } = requests;
  const emit = openEvents(join(runDir, runFiles.events), options.onEvent);
  const engine = openWhenNeeded(runDir, options.engine, config.executor, signal);
  const end = (status: 'complete' | 'interrupted' | 'failed', error: string | null): void =>
    emit({ type: 'run-end', status, seconds: Math.round(performance.now() - started) / 1000, error });
  try {
    const ledger = openLedger(join(runDir, runFiles.ledger));
    emit({ type: 'run-start', runDir, seed: config.seed, cycles: 1, resumed: ledger.size > 0 });
    const data: LoopData = { ...noData, ...(await alone.data?.({ runDir, emit, signal })) };
    emit({ type: 'notice', message: data.notice });
    const run = {
      config,
      arm: null,
      runDir,
      engine: engine.open,
      data,
      ledger,
      signal,
      emit,
      now: () => new Date().toISOString(),
    };
    const result = await alone.stages(run);
    end('complete', null);
    return result;
  } catch (error) {
    if (!signal.aborted) {
      end('failed', messageOf(error));
      throw error;
    }
    end('interrupted', null);
    throw new InterruptedError('interrupted', `${alone.name} was stopped`, {
      cause: error,
      where: runDir,
      remedy: 'Give the same command again to continue it.',
    });
  } finally {
    await engine.close();
    lock.release();
  }
}

const noData: LoopData = {
  seed: [],
  test: [],
  pool: [],
  truth: () => null,
  book: null,
  notice: 'Stages on files of your own; for research, not for care.',
};

function claim(runDir: string, name: string): void {
  const marker = join(runDir, markerFile);
  const other = existsSync(marker) ? (readJson(marker) as { command?: string }).command : undefined;
  if (other === name || (other === undefined && !existsSync(join(runDir, runFiles.ledger)))) return;
  throw new RunError(
    'other-run',
    `${runDir} holds ${other === undefined ? 'a run of the loop' : `a run of ${other}`}`,
    {
      where: runDir,
      remedy: 'Give a folder of its own with --run-dir.',
    },
  );
}
