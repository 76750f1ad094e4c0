/** Opens a run folder, new or to go on with: the lock, and whether it was made with the same configuration. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { parseYaml } from '../../config/yaml-file.js';
import { configSchema, type Config } from '../../config/schema.js';
import { guardNames } from '../guards/alarm.js';
import { makePrivateFolder, onDisk } from '../../disk.js';
import { DataError, Medgr2Error, RunError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { lockFile, lockHolder, type FileLock } from '../../locks/file-lock.js';
import type { ProcessIdentity } from '../../locks/process-identity.js';
import { seedsIn } from '../comparison/seed-folders.js';
import { readSmall, runFiles, writeWhole } from './run-folder.js';
import { grownSettings } from './recipe-growth.js';
import { differenceLines, differences, isSection } from './settings-differences.js';

/** Of a section that asks a provider: how, how long and at what price it is asked, and what may be missing in the end. */
const askingSettings = [
  'mode',
  'batch',
  'concurrency',
  'limits',
  'maxCost',
  'maxUnanswered',
  'maxUseless',
  'gemini.apiKeyEnv',
  'gemini.baseUrl',
  'gemini.timeoutSeconds',
  'openai.apiKeyEnv',
  'openai.baseUrl',
  'openai.batchCommand',
  'openai.timeoutSeconds',
  'local.batchSize',
  'local.requestsPerJob',
];

/** Settings that say how a run is done and not what comes of it; and `cycles`, which may grow. */
const freeSettings: readonly string[] = [
  'cycles',
  // Data are known by their content, wherever they lie.
  'data.path',
  'data.seed',
  'data.test',
  'data.pool',
  'device',
  'threads',
  'egress',
  'trackers',
  // Known by their names and versions, wherever they lie: parts.json, and the stages that they touch.
  'parts',
  // What guards say and do; `gold` and `promotion` are part of what comes of it.
  'guards.onAlarm',
  ...guardNames.map((name) => `guards.${name}`),
  'evaluation.batchSize',
  'rewardModel.scoreBatchSize',
  'rewardModel.retrainAfterLast',
  ...['generation', 'verify'].flatMap((section) => askingSettings.map((name) => `${section}.${name}`)),
  'generation.prices',
  'generation.teacher.latencyMs',
  'verify.simulated.latencyMs',
  // A rubric is known by its content.
  'verify.rubric',
];

/** Name that the lock of a run folder goes by; the file is `run.lock`. */
const runLock = 'run';

/** The process that works on a run; null where none does. */
export const holderOfRun = (runDir: string): ProcessIdentity | null => lockHolder(join(runDir, runLock));

export interface OpenedFolder {
  lock: FileLock;
  /** What a person is to know of how the folder was found. */
  told: string[];
}

/** Locks the folder for this process and writes the resolved configuration. @throws RunError */
export function openRunFolder(runDir: string, config: Config): OpenedFolder {
  makePrivateFolder(runDir);
  const lock = lockRun(runDir);
  try {
    const told: string[] = [];
    const file = join(runDir, runFiles.config);
    const text = readConfigText(file, told);
    if (text !== null) expectSame(file, text, config);
    else expectOurs(runDir, told);
    for (const folder of ownFolders) makePrivateFolder(join(runDir, folder));
    writeWhole(file, configText(config));
    return { lock, told };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** With a last line that tells whether it is whole: YAML that was cut short or changed in a byte mostly is YAML still. */
function configText(config: Config): string {
  const body = `# The configuration of this run, complete. Written by medgr2, to its last line.\n${stringify(config)}`;
  return `${body}${lastLine}${sha256(body).slice(0, 16)}\n`;
}

const lastLine = '# whole: ';

function isWhole(text: string): boolean {
  // Earlier versions wrote no last line.
  if (!text.slice(0, 100).includes('to its last line')) return isSection(parseYaml(text, runFiles.config));
  const at = text.lastIndexOf(lastLine);
  return at !== -1 && text.slice(at) === `${lastLine}${sha256(text.slice(0, at)).slice(0, 16)}\n`;
}

/** Made before anything else makes them with other rights. */
const ownFolders = [runFiles.logs, dirname(runFiles.replies)];

/**
 * The stored configuration; null where there is none, or none that can be read. Then the one given takes its place: each
 * finished stage still knows the settings that it was made with.
 */
function readConfigText(file: string, told: string[]): string | null {
  if (!existsSync(file)) return null;
  const text = readSmall(file);
  try {
    if (isWhole(text)) return text;
  } catch (error) {
    if (!(error instanceof Medgr2Error)) throw error;
  }
  told.push(`${runFiles.config} was damaged and was written anew from the settings that were given`);
  return null;
}

/** Also of a folder that holds several runs. @throws RunError `run-busy` while another process works in it. */
export function lockRun(runDir: string): FileLock {
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

function expectSame(file: string, text: string, config: Config): void {
  const stored = configSchema.safeParse(parseYaml(text, file));
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
  const free = [...freeSettings, ...grownSettings(stored.data.recipe, config.recipe)];
  const changed = differences(stored.data, config).filter(
    ({ path }) => !free.some((setting) => path === setting || path.startsWith(`${setting}.`)),
  );
  if (config.cycles < stored.data.cycles)
    changed.push({ path: 'cycles', before: String(stored.data.cycles), after: String(config.cycles) });
  if (changed.length === 0) return;
  const lines = differenceLines(changed);
  throw new RunError('config-changed', `the run folder was made with other settings\n${lines.join('\n')}`, {
    where: file,
    remedy: 'Use the same settings to continue it, or give another folder with --run-dir.',
  });
}

/** A folder without a readable configuration is a run's where it has finished stages, or new where it is empty. */
function expectOurs(runDir: string, told: string[]): void {
  const names = onDisk(runDir, () => readdirSync(runDir));
  const ours = [runFiles.request, runFiles.backgroundLog] as readonly string[];
  const other = names.filter((name) => !name.startsWith('run.lock') && !ours.includes(name));
  if (other.length === 0 || told.length > 0) return;
  if (names.some((name) => name === runFiles.ledger || /^cycle-\d+$/.test(name))) {
    told.push(`${runFiles.config} was missing and was written anew from the settings that were given`);
    return;
  }
  const seeds = seedsIn(runDir);
  if (seeds.length > 0)
    throw new RunError('not-a-run-folder', `${runDir} holds the runs of several seeds, and no run of its own`, {
      where: runDir,
      remedy: `Give --seeds ${seeds.join(',')} to go on with them, or a new or an empty folder with --run-dir.`,
    });
  throw new RunError('not-a-run-folder', `${runDir} is not empty and holds no run`, {
    where: runDir,
    remedy: 'Give a new or an empty folder with --run-dir.',
  });
}
