/**
 * The supervisor's process: started with a line of its own, in a group of its own, its output in a log.
 * Knows how it ended; what it says is transport.ts's matter.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Executor } from '../config/executor.js';
import { BridgeError } from '../errors.js';
import { logTail } from './log-tail.js';
import { pythoniaFolder, pythonPath } from './paths.js';

export interface SupervisorOptions {
  python: string;
  /** File for all that Python prints outside jobs. */
  logPath: string;
  preload: boolean;
  executor: Executor;
  /** More folders for Python to import from. */
  pythonPath: readonly string[];
}

export interface SupervisorProcess {
  readonly pid: number;
  readonly line: Duplex & { ref(): void; unref(): void };
  /** Resolves once the process has ended and all it said has been read; never rejects. */
  readonly ended: Promise<BridgeError>;
  /** Keeps Node alive until the process has ended; before this, one that has no work lets Node end. */
  ref(): void;
  /** SIGKILL to the supervisor and its forkserver, and nothing if they have gone. */
  kill(): void;
}

const lineFd = 3;

export function startSupervisor(options: SupervisorOptions): SupervisorProcess {
  const log = openSync(options.logPath, 'a');
  // The log may hold words of a Python before this one.
  const output = { path: options.logPath, from: fstatSync(log).size };
  const preload = options.preload ? [] : ['--no-preload'];
  const executor = ['--executor', JSON.stringify(options.executor)];
  const child = spawn(
    options.python,
    ['-m', 'medgr2', 'supervise', '--fd', String(lineFd), '--pythonia', pythoniaFolder(), ...preload, ...executor],
    // Detached: Ctrl-C in the terminal goes to Node alone, which then ends jobs politely.
    { detached: true, stdio: ['ignore', log, log, 'pipe'], env: supervisorEnvironment(options.pythonPath) },
  );
  closeSync(log);
  const line = child.stdio[lineFd] as SupervisorProcess['line'];
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const ended = new Promise<BridgeError>((resolve) => {
    child.once('error', (cause: NodeJS.ErrnoException) => resolve(notStarted(options.python, cause)));
    child.once('exit', (code, signal) => {
      kill();
      resolve(lastWords(line, signal ?? `exit code ${code}`, child.pid, output));
    });
  });
  child.unref();
  line.unref();
  return { pid: child.pid ?? 0, line, ended, ref: () => child.ref(), kill };
}

/** SIGKILL to a process group; one that has gone already is fine. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: it has gone.
  }
}

function supervisorEnvironment(folders: readonly string[]): NodeJS.ProcessEnv {
  return {
    TOKENIZERS_PARALLELISM: 'false',
    // Threads that wait for each other by spinning slow everything tenfold on a machine with other work to do.
    OMP_WAIT_POLICY: 'PASSIVE',
    ...process.env,
    PYTHONPATH: pythonPath(folders),
    // A file of the user's that is named like a library (datasets.py) must not take its place.
    PYTHONSAFEPATH: '1',
    PYTHONUNBUFFERED: '1',
    // A crash in native code leaves a Python stack in the log.
    PYTHONFAULTHANDLER: '1',
    // Otherwise the question "is there a GPU?" initialises CUDA, and forked jobs could not use it.
    PYTORCH_NVML_BASED_CUDA_CHECK: '1',
  };
}

function notStarted(python: string, cause: NodeJS.ErrnoException): BridgeError {
  return new BridgeError('python-missing', `Python could not be started as ${python}: ${cause.code ?? cause.message}`, {
    cause,
    tried: 'start Python',
    side: 'system',
    remedy: 'Run `npx medgr2 setup`, or set MEDGR2_PYTHON to a Python that has the packages of py/requirements.txt.',
  });
}

async function lastWords(
  line: Duplex,
  how: string,
  pid: number | undefined,
  output: { path: string; from: number },
): Promise<BridgeError> {
  // What was sent before the end may still be on its way; a line held open by a stray process is not waited for.
  const read = line.destroyed ? Promise.resolve() : new Promise((closed) => line.once('close', closed));
  await Promise.race([read, sleep(500, undefined, { ref: false })]);
  const tail = await logTail(output.path, { from: output.from });
  const last = tail === undefined ? '' : `\nIts last words:\n${tail}`;
  return new BridgeError('python-died', `Python (supervisor, process ${pid}) ended: ${how}.${last}`, {
    tried: 'keep Python running',
    side: how.startsWith('SIG') ? 'system' : 'python',
    logTail: tail,
    remedy: `Start the job again: the engine starts another Python by itself. ${output.path} may say what happened.`,
  });
}
