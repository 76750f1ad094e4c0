/** Opens an engine: a Python that runs jobs. Nothing starts before `openEngine` is called. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { executorSchema, type Executor } from '../../config/sections/executor.js';
import { ConfigError } from '../../errors.js';
import type { Engine, EngineOptions } from './engine-types.js';
import { checkOptions, type OptionKinds } from './call-options.js';
import { LocalEngine } from './local-engine.js';
import { temporaryLogs } from './temporary-logs.js';
import { findPython } from '../environment/find-python.js';

export type { Engine, EngineOptions, JsonObject, SpecBody, SpecInput } from './engine-types.js';

/** Milliseconds; the supervisor answers in a fraction of one. */
const defaultCallTimeout = 60_000;

const knownOptions: OptionKinds<EngineOptions> = {
  python: 'text',
  logDir: 'text',
  executor: 'text or object',
  preload: 'flag',
  pythonPath: 'texts',
  callTimeoutMs: 'milliseconds',
};

/**
 * Starts Python. The engine must be closed (`await using` does), though one that has no work lets Node end.
 * @throws BridgeError where Python is missing, too old, lacks a package or does not start; the remedy is a command.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions<EngineOptions>('The engine', options, knownOptions);
  const executor = readExecutor(options.executor);
  const python = options.python ?? findPython();
  const logs = options.logDir === undefined ? 'temporary' : 'kept';
  const logDir = path.resolve(options.logDir ?? temporaryLogs());
  await mkdir(logDir, { recursive: true });
  const connection = {
    python,
    logPath: path.join(logDir, 'supervisor.log'),
    preload: options.preload ?? true,
    executor,
    pythonPath: options.pythonPath ?? [],
    callTimeoutMs: options.callTimeoutMs ?? defaultCallTimeout,
  };
  const engine = new LocalEngine(connection, logDir, logs);
  await engine.ready();
  return engine;
}

function readExecutor(wanted: EngineOptions['executor'] = 'local'): Executor {
  const parsed = executorSchema.safeParse(typeof wanted === 'string' ? { kind: wanted } : wanted);
  if (parsed.success) return parsed.data;
  throw new ConfigError('executor', `The executor cannot be used:\n${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}
