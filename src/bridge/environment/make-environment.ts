/** Makes and keeps up the package's own Python environment: once, and again when the pinned packages change. */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { BridgeError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { isRunning } from '../../locks/process-identity.js';
import { environmentFolder, setupLock } from './environment-place.js';
import { packageRoot } from './package-paths.js';
import { apartFrom } from './python-extras.js';
import { checkPython, environmentPython } from './find-python.js';
import { isolated } from './python-variables.js';

export interface EnsurePythonOptions {
  /** Folder that holds `py/`, and `.venv` where it is a checkout; the package by default. */
  root?: string | undefined;
  /** Requirement files under `py/`; `requirements.txt` by default. */
  requirements?: readonly string[] | undefined;
  /** Hears each line that venv and pip print. */
  onProgress?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** File name -> sha256 of what was installed from it. */
const stampSchema = z.record(z.string(), z.string());
type Stamp = z.output<typeof stampSchema>;

/**
 * The Python to use: MEDGR2_PYTHON as it is, else the package's own environment, which is made or brought up to date
 * first (`python3 -m venv`, `pip install -r`). Safe to call from several processes at once.
 */
export async function ensurePython(options: EnsurePythonOptions = {}): Promise<string> {
  const chosen = process.env['MEDGR2_PYTHON'];
  if (chosen !== undefined && chosen !== '') {
    await checkPython(chosen);
    return chosen;
  }
  const root = options.root ?? packageRoot;
  const python = environmentPython(root);
  const wanted = await wantedStamp(root, [
    ...new Set([...(options.requirements ?? ['requirements.txt']), ...(await installedBefore(root))]),
  ]);
  if (await isUpToDate(root, wanted)) return python;
  const release = await lock(setupLock(root), options);
  try {
    if (await isUpToDate(root, wanted)) return python; // another process was faster
    await install(root, Object.keys(wanted), options);
    await writeStamp(root, { ...(await readStamp(root)), ...wanted });
    return python;
  } finally {
    await release();
  }
}

async function install(root: string, files: string[], options: EnsurePythonOptions): Promise<void> {
  const python = environmentPython(root);
  if (!existsSync(python)) {
    const base = await basePython();
    await execute(base, ['-m', 'venv', environmentFolder(root)], options);
  }
  const pip = async (names: readonly string[], ...how: string[]): Promise<void> => {
    const requirements = names.flatMap((name) => ['-r', path.join(root, 'py', name)]);
    const quiet = ['--disable-pip-version-check', '--progress-bar', 'off'];
    await execute(python, ['-m', 'pip', 'install', ...quiet, ...how, ...requirements], options);
  };
  await pip(files);
  const after = apartFrom(files);
  if (after.length > 0) await pip(after, '--no-deps');
}

async function execute(command: string, values: string[], options: EnsurePythonOptions): Promise<void> {
  const child = execa(command, values, {
    all: true,
    lines: true,
    stdin: 'ignore',
    env: isolated(),
    extendEnv: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const last: string[] = [];
  try {
    for await (const line of child.iterable({ from: 'all' })) {
      options.onProgress?.(line);
      last.push(line);
      if (last.length > 15) last.shift();
    }
    await child;
  } catch (cause) {
    const text = `The Python environment could not be made: \`${command} ${values.join(' ')}\` failed.\n${last.join('\n')}`;
    throw new BridgeError('python-setup', text, {
      cause,
      remedy:
        'Mend what the lines above complain about (network, disk, the venv package of the system) and run it again.',
    });
  }
}

/** A system Python that is new enough. */
async function basePython(): Promise<string> {
  let problem: unknown;
  for (const candidate of ['python3', 'python3.13', 'python3.12', 'python3.11']) {
    try {
      await checkPython(candidate);
      return candidate;
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}

const stampFile = (root: string): string => path.join(environmentFolder(root), 'medgr2-installed.json');

async function wantedStamp(root: string, files: readonly string[]): Promise<Stamp> {
  const entries = files.map(async (file) => [file, sha256(await readFile(path.join(root, 'py', file)))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Extras stay: brought up to date with the rest, they are installed by versions that fit each other. */
async function installedBefore(root: string): Promise<string[]> {
  return Object.keys(await readStamp(root)).filter((file) => existsSync(path.join(root, 'py', file)));
}

async function readStamp(root: string): Promise<Stamp> {
  try {
    return stampSchema.parse(JSON.parse(await readFile(stampFile(root), 'utf8')));
  } catch {
    return {}; // none yet, or one that cannot be trusted: install again
  }
}

async function writeStamp(root: string, stamp: Stamp): Promise<void> {
  const temporary = `${stampFile(root)}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(stamp, null, 2));
  await rename(temporary, stampFile(root));
}

async function isUpToDate(root: string, wanted: Stamp): Promise<boolean> {
  const found = await readStamp(root);
  return existsSync(environmentPython(root)) && Object.entries(wanted).every(([file, hash]) => found[file] === hash);
}

/** Takes the lock, waiting for whoever has it; a lock whose owner has gone is taken over. */
async function lock(file: string, options: EnsurePythonOptions): Promise<() => Promise<void>> {
  await mkdir(path.dirname(file), { recursive: true });
  for (let told = false; ; told = true) {
    try {
      await using handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 ? !isRunning(owner) : await isOld(file)) await rm(file, { force: true });
    else if (!told) options.onProgress?.(`waiting for process ${owner}, which is setting up Python`);
    await sleep(500, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** A lock without a name in it is being written just now, or its writer died right then. */
async function isOld(file: string): Promise<boolean> {
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > 10_000;
}
