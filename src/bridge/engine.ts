/** Opens an engine: a Python that runs jobs. Nothing starts before `openEngine` is called. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Engine, EngineOptions } from './engine-types.js';
import { LocalEngine } from './local-engine.js';
import { startSupervisor } from './process.js';
import { findPython } from './python.js';

export type { Engine, EngineOptions, JsonObject, SpecBody, SpecInput } from './engine-types.js';

/** Starts Python. The engine must be closed (`await using` does), though one that has no work lets Node end. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const python = options.python ?? findPython();
  const logs = options.logDir === undefined ? 'temporary' : 'kept';
  const logDir = path.resolve(options.logDir ?? (await mkdtemp(path.join(os.tmpdir(), 'medgr2-'))));
  await mkdir(logDir, { recursive: true });
  const supervisor = startSupervisor({
    python,
    logPath: path.join(logDir, 'supervisor.log'),
    preload: options.preload ?? true,
    pythonPath: options.pythonPath ?? [],
  });
  const engine = new LocalEngine(supervisor, logDir, logs);
  await engine.ready();
  return engine;
}
