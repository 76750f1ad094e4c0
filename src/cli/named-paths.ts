/**
 * Files and folders that a command reads are looked for before it begins: one that is not there is wrong usage (exit code
 * 2), and nothing is made for a command that cannot run. What lies in them is for the command to judge.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { medgr2 } from '../called-as.js';
import { isShipped } from '../bridge/environment/shipped-models.js';
import { nearest } from '../config/nearest-word.js';
import { ConfigError } from '../errors.js';

/** Whether a value names something to read, by what the help calls it: `<run>`, `--data <path>`. An `<encoder-folder>` has words of its own. */
const reads: Readonly<Record<string, (value: string, command: Command) => boolean>> = {
  ...Object.fromEntries(
    ['config', 'file', 'folder', 'images', 'path', 'run', 'samples'].map((kind) => [kind, () => true]),
  ),
  model: (value) => namesFolder(value),
  'model-folder': (value) => !isShipped(value),
  'file or model': (value, command) =>
    namesFolder(value) || namesAnswers(value) || command.getOptionValue('predictions') !== undefined,
};
/** Whatever they are called, these are written. */
const written: ReadonlySet<string> = new Set(['--out', '--run-dir']);
const writing: ReadonlySet<string> = new Set(['init']);

/** A folder is meant where a model's name looks like one; else a Hugging Face id or one that ships with medgr2. */
export const namesFolder = (model: string): boolean =>
  /^[./~]/.test(model) || model.includes('\\') || model.split('/').length > 2;

/** A path as a person reads and types it here: from this folder where it lies in it, else whole. */
export function shownPath(path: string): string {
  const near = relative('.', path);
  return near === '' || near.startsWith('..') ? resolve(path) : near;
}

/** Answers rather than a model. */
export const namesAnswers = (against: string): boolean => /\.(?:parquet|jsonl|json|csv|tsv)$/.test(against);

/** @throws ConfigError that names all paths that are not there, each with the nearest that is; or a file where a run is meant. */
export function checkNamedPaths(command: Command): void {
  const given = [...argumentsOf(command), ...optionsOf(command)]
    .flatMap(({ name, kind, value }) => [value].flat().map((path) => ({ name, kind, path })))
    .filter((one): one is NamedPath => typeof one.path === 'string' && one.path !== '');
  const lost = given.filter(({ kind, path }) => reads[kind]?.(path, command) === true && isMissing(path));
  const [first] = lost;
  if (first === undefined) return checkRuns(command, given);
  throw new ConfigError('path-missing', lost.map(({ name, path }) => `there is no ${path} (${name})`).join('; '), {
    where: resolve(first.path),
    remedy: lost.map(({ path }) => instead(path)).join(' '),
  });
}

/** Runs, and a folder of runs, are folders: a file, maybe one of a run's own, is told as what it is. */
function checkRuns(command: Command, given: readonly NamedPath[]): void {
  const file = given.find(
    ({ kind, path }) => (kind === 'run' || (kind === 'folder' && command.name() === 'runs')) && isNoFolder(path),
  );
  if (file === undefined) return;
  throw new ConfigError('path-kind', `${file.path} is a file, and ${file.name} is a folder`, {
    where: resolve(file.path),
    remedy:
      file.kind === 'run'
        ? `Give the folder of the run, which \`${medgr2} runs\` lists.`
        : 'Give the folder that the runs are in.',
  });
}

interface Given {
  /** As the help has it. */
  name: string;
  kind: string;
  value: unknown;
}
type NamedPath = Omit<Given, 'value'> & { path: string };

function argumentsOf(command: Command): Given[] {
  if (writing.has(command.name())) return [];
  return command.registeredArguments.map((argument, index) => {
    const kind = argument.name();
    return { name: argument.required ? `<${kind}>` : `[${kind}]`, kind, value: command.processedArgs[index] };
  });
}

function optionsOf(command: Command): Given[] {
  return command.options
    .filter(({ long }) => !written.has(long ?? ''))
    .map((option) => ({
      name: option.flags,
      kind: /<(.+)>/.exec(option.flags)?.[1] ?? '',
      value: command.getOptionValue(option.attributeName()) as unknown,
    }));
}

/** What may not be looked at is left to the command, whose words for it are better. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** Of what is there. */
function isNoFolder(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The nearest folder above that is there, and what in it may have been meant. */
function instead(path: string): string {
  let lost = resolve(path);
  while (isMissing(dirname(lost))) lost = dirname(lost);
  const folder = dirname(lost);
  const meant = nearest(basename(lost), namesIn(folder));
  const hint = meant === null ? '.' : `; did you mean ${shownPath(join(folder, meant))}?`;
  return `${folder === resolve('.') ? 'This folder' : shownPath(folder)} is there, and holds no ${basename(lost)}${hint}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
