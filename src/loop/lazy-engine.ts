/** The engine of a run: opened once, by the first job that needs it, and closed with the run. */
import { join } from 'node:path';
import { openEngine, type Engine } from '../bridge/engine.js';
import { ensurePython } from '../bridge/environment.js';
import type { Config } from '../config/schema.js';
import type { LoopEngine } from './context.js';
import { readEnvironment } from './environment.js';
import { runFiles, writeJson } from './run-folder.js';

export interface LazyEngine extends AsyncDisposable {
  open(): Promise<LoopEngine>;
}

/**
 * environment.json tells what the engine was last opened on.
 * @param given An engine of the caller's own, which stays open.
 */
export function openWhenNeeded(
  runDir: string,
  given: LoopEngine | undefined,
  executor: Config['executor'],
  signal: AbortSignal,
): LazyEngine {
  let opening: Promise<Engine> | null = null;
  const openOwn = async (): Promise<Engine> => {
    const python = await ensurePython({ signal });
    const engine = await openEngine({ python, executor, logDir: join(runDir, runFiles.logs) });
    writeJson(join(runDir, runFiles.environment), await readEnvironment(python));
    return engine;
  };
  return {
    open: async () => given ?? (await (opening ??= openOwn())),
    [Symbol.asyncDispose]: async () => {
      const engine = await opening?.catch(() => null);
      await engine?.close();
    },
  };
}
