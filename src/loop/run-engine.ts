/** The engine of a run: opened once, by the first job that needs it, and closed with the run. */
import { join } from 'node:path';
import { openEngine, type Engine } from '../bridge/jobs/open-engine.js';
import { ensurePython } from '../bridge/environment/make-environment.js';
import type { Config } from '../config/schema.js';
import type { LoopEngine } from './run-context.js';
import { readEnvironment } from './folder/run-environment.js';
import type { RunEvent } from './run-events.js';
import { runFiles } from './folder/run-folder.js';
import { recordEnvironment } from './folder/resume-versions.js';

export interface LazyEngine extends AsyncDisposable {
  open(): Promise<LoopEngine>;
}

export interface EngineAttempt {
  signal: AbortSignal;
  emit(event: RunEvent): void;
  /** Throws where the folder is another process's by now. */
  holds(): void;
  /** Whether the run may go on with other versions than those it was begun with. */
  allowVersionChange: boolean;
}

/**
 * environment.json tells what the engine was last opened on, and what before.
 * @param given An engine of the caller's own, which stays open.
 */
export function openWhenNeeded(
  runDir: string,
  given: LoopEngine | undefined,
  executor: Config['executor'],
  { signal, emit, holds, allowVersionChange }: EngineAttempt,
): LazyEngine {
  let opening: Promise<Engine> | null = null;
  const openOwn = async (): Promise<Engine> => {
    const python = await ensurePython({ signal });
    // Before anything is computed: what was begun with other versions is not gone on with unasked.
    const environment = await readEnvironment(python);
    holds();
    for (const message of recordEnvironment(runDir, environment, allowVersionChange))
      emit({ type: 'warning', message });
    return openEngine({ python, executor, logDir: join(runDir, runFiles.logs) });
  };
  return {
    open: async () => given ?? (await (opening ??= openOwn())),
    [Symbol.asyncDispose]: async () => {
      const engine = await opening?.catch(() => null);
      await engine?.close();
    },
  };
}
