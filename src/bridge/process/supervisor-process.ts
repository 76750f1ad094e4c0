/**
 * The supervisor's process: started with a line of its own, in a group of its own, its output in a log. The number of the group is
 * that of the process that Node started.
 * Knows how it ended; what it says is transport.ts's matter.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import { calledAsVariable, medgr2 } from '../../called-as.js';
import type { Executor } from '../../config/sections/executor.js';
import { afterAwake, sleepAwake } from '../../awake.js';
import { BridgeError, messageOf } from '../../errors.js';
import { logTail } from './log-tail.js';
import { pythoniaFolder } from '../environment/package-paths.js';
import { pythonVariables } from '../environment/python-variables.js';

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
  readonly line: Duplex;
  /** Resolves once the process has ended and all it said has been read; never rejects. */
  readonly ended: Promise<BridgeError>;
  /** Keeps Node alive until the process has ended, or `unref`; before this, one that has no work lets Node end. */
  ref(): void;
  unref(): void;
  /** SIGKILL to the supervisor and its forkserver, and nothing if they have gone. */
  kill(): void;
}

const lineFd = 3;

/**
 * The children of a worker thread that is terminated are waited for by nobody, and would stay in the table of processes until Node
 * ends: there the supervisor is no child of Node's. The process that is leaves it in its group, and the system reaps it.
 */
const isApart = !isMainThread;
/** Milliseconds that a group whose line has closed gets to leave, and how often it is looked for. */
const leavePatience = 2000;
const lookMs = 20;

export function startSupervisor(options: SupervisorOptions): SupervisorProcess {
  const log = openLog(options.logPath);
  // The log may hold words of a Python before this one.
  const output = { path: options.logPath, from: fstatSync(log).size };
  const preload = options.preload ? [] : ['--no-preload'];
  const executor = ['--executor', JSON.stringify(options.executor), ...(isApart ? ['--apart'] : [])];
  const child = spawn(
    options.python,
    ['-m', 'medgr2', 'supervise', '--fd', String(lineFd), '--pythonia', pythoniaFolder(), ...preload, ...executor],
    // Detached: Ctrl-C in the terminal goes to Node alone, which then ends jobs politely.
    { detached: true, stdio: ['ignore', log, log, 'pipe'], env: supervisorVariables(options) },
  );
  closeSync(log);
  const line = child.stdio?.[lineFd] as (Duplex & { ref(): void; unref(): void }) | undefined;
  if (line === undefined) {
    child.once('error', () => {}); // it says the same, later
    throw notStarted(options.python, Object.assign(new Error('no file descriptor is free'), { code: 'EMFILE' }));
  }
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const ended = new Promise<BridgeError>((resolve) => {
    child.once('error', (cause: NodeJS.ErrnoException) => resolve(notStarted(options.python, cause)));
    const over = (how: string): void => {
      kill();
      resolve(lastWords(line, how, child.pid, output));
    };
    child.once('exit', (code, signal) => {
      if (!isApart || code !== 0) over(signal ?? `exit code ${code}`);
    });
    if (!isApart) return;
    line.once('end', kill); // Python died: what it started has nobody to work for
    line.once('close', () => void groupGone(child.pid).then(() => over('its line was closed')));
  });
  const unref = (): void => {
    child.unref();
    line.unref();
  };
  // Both: the line ends before the end of the process is heard, and nothing else may keep Node alive in between.
  const ref = (): void => {
    child.ref();
    line.ref();
  };
  unref();
  return { pid: child.pid ?? 0, line, ended, ref, unref, kill };
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new BridgeError('log-unwritable', `The log of Python cannot be written: ${messageOf(cause)}`, {
      cause,
      tried: 'start Python',
      side: 'system',
      where: file,
      remedy:
        remedies[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'Make its folder writable, or make room on the disk.',
    });
  }
}

/** SIGKILL to a process group; one that has gone already is fine. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: it has gone.
  }
}

/** Waits until a group has no process left, for a while. */
async function groupGone(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  for (let waited = 0; waited < leavePatience && groupRuns(pid); waited += lookMs) await sleepAwake(lookMs);
}

function groupRuns(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function supervisorVariables({ python, pythonPath }: SupervisorOptions): NodeJS.ProcessEnv {
  return {
    TOKENIZERS_PARALLELISM: 'false',
    // Threads that wait for each other by spinning slow everything tenfold on a machine with other work to do.
    OMP_WAIT_POLICY: 'PASSIVE',
    ...pythonVariables(python, pythonPath),
    [calledAsVariable]: medgr2,
    // A file of the user's that is named like a library (datasets.py) must not take its place.
    PYTHONSAFEPATH: '1',
    PYTHONUNBUFFERED: '1',
    // A crash in native code leaves a Python stack in the log.
    PYTHONFAULTHANDLER: '1',
    // Otherwise the question "is there a GPU?" initialises CUDA, and forked jobs could not use it.
    PYTORCH_NVML_BASED_CUDA_CHECK: '1',
  };
}

const moreFiles = 'Too many files are open: raise the limit (`ulimit -n 4096`) or close other engines.';
const noRoom = 'The machine has no memory or processes to spare: end others, or raise `ulimit -u`.';
/** What the system lacks, by its own word. */
const remedies: Readonly<Record<string, string>> = {
  EMFILE: moreFiles,
  ENFILE: moreFiles,
  EAGAIN: noRoom,
  ENOMEM: noRoom,
};

function notStarted(python: string, cause: NodeJS.ErrnoException): BridgeError {
  const lacking = remedies[cause.code ?? ''];
  const code = lacking === undefined ? 'python-missing' : 'python-not-started';
  return new BridgeError(code, `Python could not be started as ${python}: ${cause.code ?? cause.message}`, {
    cause,
    tried: 'start Python',
    side: 'system',
    remedy:
      lacking ??
      `Run \`${medgr2} setup\`, or set MEDGR2_PYTHON to a Python that has the packages of py/requirements.txt.`,
  });
}

async function lastWords(
  line: Duplex,
  how: string,
  pid: number | undefined,
  output: { path: string; from: number },
): Promise<BridgeError> {
  // What was sent before the end may still be on its way; a line held open by a stray process is not waited for.
  await new Promise<void>((resolve) => {
    if (line.destroyed) return resolve();
    const enough = afterAwake(500, resolve);
    line.once('close', () => {
      enough.cancel();
      resolve();
    });
  });
  const tail = await logTail(output.path, { from: output.from });
  const last = tail === undefined ? '' : `\nIts last words:\n${tail}`;
  return new BridgeError('python-died', `Python (supervisor, process ${pid}) ended: ${how}.${last}`, {
    tried: 'keep Python running',
    side: how.startsWith('SIG') ? 'system' : 'python',
    logTail: tail,
    remedy: `Start the job again: the engine starts another Python by itself. ${output.path} may say what happened.`,
  });
}
