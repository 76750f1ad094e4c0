/** The public face of the bridge: what an engine can do. Types only. */
import type { z } from 'zod';
import type { EngineStatus } from '../process/supervisor-calls.js';
import type { ExecutorInput } from '../../config/sections/executor.js';
import type { JobKind, jobSpecSchema } from '../contract/contract.js';
import type { Job, JobHandle, JobHooks } from './running-job.js';

/** How `openEngine` starts Python. */
export interface EngineOptions {
  /** The Python to use; by default MEDGR2_PYTHON, else the package's own environment. */
  python?: string | undefined;
  /** Folder for logs; by default a temporary one, which is removed in the end. Of those in which something failed the last ten stay. */
  logDir?: string | undefined;
  /** Where jobs run: `local` by default; `ray`, or its settings, for many devices or machines. */
  executor?: ExecutorInput['kind'] | ExecutorInput | undefined;
  /** Load torch, transformers and TRL at once in the background, so that jobs start in a fraction of a second. On by default. */
  preload?: boolean | undefined;
  /** More folders for Python to import from, for job modules of one's own. */
  pythonPath?: readonly string[] | undefined;
  /** Milliseconds after which a Python that does not answer a call is ended, and another started: 60,000 by default. */
  callTimeoutMs?: number | undefined;
}

/** A spec as a caller writes it: what has a default may be left out. */
export type SpecInput<K extends JobKind> = { kind: K } & SpecInputs[K];
type SpecInputs = { [S in z.input<typeof jobSpecSchema> as S['kind']]: S };
/** A spec whose kind is said by the method that takes it. */
export type SpecBody<K extends JobKind> = Omit<SpecInputs[K], 'kind'>;
/** What JSON calls an object. */
export type JsonObject = Record<string, unknown>;

/** What an engine can do of itself: start any job by its spec, or a Python module of one's own. */
export interface Engine extends AsyncDisposable {
  /** Process id of the supervisor; another one's after it had to be started again. */
  readonly pid: number;
  readonly pythonVersion: string;
  readonly logDir: string;
  /** Starts a job. Throws a ConfigError, before Python hears of it, when the spec is wrong. */
  start<K extends JobKind>(spec: SpecInput<K>, hooks?: JobHooks): Job<K>;
  /** Runs `run(spec, channel)` of a Python module of one's own as a job; spec and result are any JSON objects. */
  startModule(module: string, spec: JsonObject, hooks?: JobHooks): JobHandle<JsonObject>;
  status(): Promise<EngineStatus>;
  /** Sends a text to Python and back: for measuring. */
  echo(text: string): Promise<string>;
  /** Ends Python and, at once, any job still running: cancel jobs first if their checkpoints matter. */
  close(): Promise<void>;
}
