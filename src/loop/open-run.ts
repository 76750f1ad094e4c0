/** Opens a run folder: a new one, or one to go on with, which must have been made with the same configuration. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { configSchema, type Config } from '../config/schema.js';
import { DataError, RunError } from '../errors.js';
import { lockFile, lockHolder, type FileLock } from '../generation/file-lock.js';
import type { ProcessIdentity } from '../generation/process-identity.js';
import { runFiles, writeWhole } from './run-folder.js';

/** Settings that say how a run is done and not what comes of it; and `cycles`, which may grow. */
const freeSettings = [
  'cycles',
  'data.path',
  'device',
  'threads',
  'egress',
  'evaluation.batchSize',
  'rewardModel.scoreBatchSize',
  'rewardModel.retrainAfterLast',
  'generation.concurrency',
  'generation.limits',
  'generation.maxCost',
  'generation.prices',
  'generation.gemini.apiKeyEnv',
  'generation.gemini.baseUrl',
  'generation.gemini.timeoutSeconds',
  'generation.openai.apiKeyEnv',
  'generation.openai.baseUrl',
  'generation.openai.timeoutSeconds',
  'generation.local.batchSize',
  'generation.local.requestsPerJob',
  'generation.teacher.latencyMs',
];

/** Name that the lock of a run folder goes by; the file is `run.lock`. */
const runLock = 'run';

/** The process that works on a run; null where none does. */
export const holderOfRun = (runDir: string): ProcessIdentity | null => lockHolder(join(runDir, runLock));

/** Locks the folder for this process and writes the resolved configuration. @throws RunError */
export function openRunFolder(runDir: string, config: Config): FileLock {
  mkdirSync(runDir, { recursive: true });
  const lock = lockRun(runDir);
  try {
    const file = join(runDir, runFiles.config);
    if (existsSync(file)) expectSame(file, config);
    else expectEmpty(runDir);
    writeWhole(file, `# The configuration of this run, complete. Written by medgr2.\n${stringify(config)}`);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockRun(runDir: string): FileLock {
  try {
    return lockFile(join(runDir, runLock));
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'file-locked') throw error;
    throw new RunError('run-busy', `another process works on the run in ${runDir}`, {
      cause: error,
      where: runDir,
      remedy: `${error.message} ${error.remedy ?? ''} Or give another folder with --run-dir.`,
    });
  }
}

function expectSame(file: string, config: Config): void {
  const stored = configSchema.safeParse(parse(readFileSync(file, 'utf8')));
  if (!stored.success)
    throw new RunError(
      'run-config-unreadable',
      'the configuration of the run folder cannot be read by this version of medgr2',
      {
        where: file,
        cause: stored.error,
        remedy: 'Give another folder with --run-dir.',
      },
    );
  const changed = differences(stored.data, config).filter(
    ({ path }) => !freeSettings.some((free) => path === free || path.startsWith(`${free}.`)),
  );
  if (config.cycles < stored.data.cycles)
    changed.push({ path: 'cycles', before: String(stored.data.cycles), after: String(config.cycles) });
  if (changed.length === 0) return;
  const lines = changed.map(({ path, before, after }) => `${path}: ${before} there, ${after} here`);
  throw new RunError('config-changed', `the run folder was made with other settings\n${lines.join('\n')}`, {
    where: file,
    remedy: 'Use the same settings to continue it, or give another folder with --run-dir.',
  });
}

function expectEmpty(runDir: string): void {
  const ours = [runFiles.request, runFiles.backgroundLog] as readonly string[];
  const other = readdirSync(runDir).filter((name) => !name.startsWith('run.lock') && !ours.includes(name));
  if (other.length === 0) return;
  throw new RunError('not-a-run-folder', `${runDir} is not empty and holds no run`, {
    where: runDir,
    remedy: 'Give a new or an empty folder with --run-dir.',
  });
}

/** Leaves that differ, by dotted path. */
export function differences(
  before: unknown,
  after: unknown,
  path = '',
): { path: string; before: string; after: string }[] {
  if (isSection(before) && isSection(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  const [was, is] = [before, after].map((value) => JSON.stringify(value) ?? 'nothing');
  return was === is ? [] : [{ path, before: was ?? '', after: is ?? '' }];
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
