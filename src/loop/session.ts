/** Opens a run folder with all that stages need, does the work, and says how it ended. Every recipe runs within this. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { openEngine, type Engine } from '../bridge/engine.js';
import { ensurePython } from '../bridge/environment.js';
import { dataPartsOf } from '../config/data-parts.js';
import type { Config } from '../config/schema.js';
import { InterruptedError, messageOf, PausedError } from '../errors.js';
import type { LoopEngine, RunContext } from './context.js';
import { openRunData } from './data.js';
import { readEnvironment } from './environment.js';
import type { TimedEvent } from './events.js';
import { openEvents } from './event-file.js';
import { providerKey } from './generator.js';
import { checkRunImages, tightJobs } from './image-budget.js';
import { openLedger } from './ledger.js';
import { openRunFolder } from './open-run.js';
import { planStages } from './plan.js';
import { openPricing } from './pricing.js';
import { listenForRequests } from './requests.js';
import { fromRun, readJson, runFiles, writeJson } from './run-folder.js';

export interface RunOptions {
  /** Folder of the run; made where it is missing, continued where it holds a run. */
  runDir: string;
  /** Called with every event, after it is in events.jsonl. */
  onEvent?: ((event: TimedEvent) => void) | undefined;
  /** Stops the run: the job at work saves its checkpoint first. The same call later continues. */
  signal?: AbortSignal | undefined;
  /** An engine of the caller's own, which stays open; by default one is opened when needed, and closed. */
  engine?: LoopEngine | undefined;
}

export type RunStatus = 'running' | 'complete' | 'interrupted' | 'failed';

/** What a recipe does in its folder. */
export interface RunWork<Result extends object> {
  /** Names of the arms of a comparison, in order; none for the loop. */
  arms?: readonly string[] | undefined;
  /** @param report Writes result.json as it stands; called when something worth reading has come. */
  work(run: RunContext, report: () => void): Promise<void>;
  /** What result.json holds, whole or in part. */
  result(run: RunContext, status: RunStatus, error: string | null): Result;
}

/**
 * Resolves with what result.json holds.
 * @throws InterruptedError when stopped by the signal; RunError, JobError, ProviderError, … when a stage fails. In both
 * cases the folder can be continued.
 */
export async function inRunFolder<Result extends object>(
  config: Config,
  options: RunOptions,
  { arms, work, result }: RunWork<Result>,
): Promise<Result> {
  const runDir = resolve(options.runDir);
  // Asked for before anything starts.
  if (dataPartsOf(config.recipe).pool) providerKey(config);
  await openPricing(config);
  const lock = openRunFolder(runDir, config);
  const started = performance.now();
  using requests = listenForRequests(runDir, options.signal);
  const { signal } = requests;
  const emit = openEvents(join(runDir, runFiles.events), options.onEvent);
  const engine = openWhenNeeded(runDir, options.engine, config.executor, signal);
  const tight = config.recipe.kind === 'loop' ? await tightJobs(config) : [];
  // Python takes seconds to start: let it, while the data is prepared. A failure shows when the first job needs it.
  if (tight.length === 0 && !isComplete(runDir)) void engine.open().catch(() => {});
  let run: RunContext | null = null;
  const end = (status: 'complete' | 'interrupted' | 'failed', error: string | null): void => {
    const seconds = Math.round(performance.now() - started) / 1000;
    if (run !== null) writeJson(join(runDir, runFiles.result), result(run, status, error));
    emit({ type: 'run-end', status, seconds, error });
  };
  try {
    const ledger = openLedger(join(runDir, runFiles.ledger));
    const resumed = ledger.size > 0;
    const { seed, cycles } = config;
    // Screens draw the loop's stages before they happen; a comparison is told line by line.
    const shape = arms === undefined ? { plan: planStages(config) } : { arms: [...arms] };
    emit({ type: 'run-start', runDir, seed, cycles, ...shape, resumed });
    const data = await openRunData(config, { runDir, emit, signal });
    emit({ type: 'notice', message: data.notice });
    const files = (items: readonly { image: string }[]) => items.map(({ image }) => fromRun(runDir, image));
    await checkRunImages(tight, { seed: files(data.seed), test: files(data.test), pool: files(data.pool) });
    const now = (): string => new Date().toISOString();
    const beforeStage: RunContext['beforeStage'] = (next) => requests.beforeStage(next, emit);
    const opened = { config, arm: null, runDir, engine: engine.open, data, ledger, signal, emit, now, beforeStage };
    run = opened;
    await work(opened, () => writeJson(join(runDir, runFiles.result), result(opened, 'running', null)));
    end('complete', null);
    return result(opened, 'complete', null);
  } catch (error) {
    if (signal.aborted) {
      end('interrupted', null);
      throw new InterruptedError('interrupted', 'the run was stopped', {
        cause: error,
        where: runDir,
        remedy: 'Give the same command again to continue it.',
      });
    }
    if (error instanceof PausedError) {
      end('interrupted', error.message);
      throw error;
    }
    end('failed', messageOf(error));
    throw error;
  } finally {
    await engine.close();
    lock.release();
  }
}

/** Opens the engine once; environment.json tells what it was last opened on. */
export function openWhenNeeded(
  runDir: string,
  given: LoopEngine | undefined,
  executor: Config['executor'],
  signal: AbortSignal,
) {
  let opening: Promise<Engine> | null = null;
  const openOwn = async (): Promise<Engine> => {
    const python = await ensurePython({ signal });
    const engine = await openEngine({ python, executor, logDir: join(runDir, runFiles.logs) });
    writeJson(join(runDir, runFiles.environment), await readEnvironment(python));
    return engine;
  };
  return {
    open: async (): Promise<LoopEngine> => given ?? (await (opening ??= openOwn())),
    close: async (): Promise<void> => {
      const engine = await opening?.catch(() => null);
      await engine?.close();
    },
  };
}

function isComplete(runDir: string): boolean {
  const file = join(runDir, runFiles.result);
  return existsSync(file) && z.object({ status: z.literal('complete') }).safeParse(readJson(file)).success;
}
