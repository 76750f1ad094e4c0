/**
 * Models from elsewhere by what they hold and not by name: a base whose weights were replaced is another model. Folders are
 * hashed once and again only when a file of theirs changed; of a Hugging Face id the commit in the local cache counts.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { onDisk } from '../../disk.js';
import { RunError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { contentOf, type KnownContents, type OutputChecks } from '../folder/output-hashes.js';
import { confirmOutput } from '../folder/check-outputs.js';
import { adapterBase } from '../folder/relocation.js';
import { readOrNull, writeJson } from '../folder/run-folder.js';
import { isShipped, shippedModel } from '../../bridge/environment/shipped-models.js';

/** Weights are only ever read as safetensors; all else that decides what a model is, is text. */
const counts = /\.(safetensors|json|txt|model|jinja|tiktoken|vocab|merges|py)$/i;

const storeSchema = z.object({
  /** By path: size, times and inode as they were when it was hashed, and the hash. */
  files: z.record(z.string(), z.string()),
  /** By id: the commit that the run began with. */
  commits: z.record(z.string(), z.string()),
});

export interface ModelContents {
  /**
   * Hash of what a model is. `phantom` and folders: of their files; ids: of the id, and of the commit where that is not
   * the one that the run began with.
   * @throws RunError `output-damaged` where the model is a run's and is not what that run wrote.
   */
  of(model: string): Promise<string>;
  /**
   * Before and after a model was loaded: that an id is still the commit that this attempt began with.
   * @throws RunError `model-moved` where two stages would have loaded different weights under one name.
   */
  confirm(model: string): void;
  /** The model that has a content which was asked for before, as a person calls it. */
  nameOf(content: string): string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @param store File that remembers between attempts; null where nothing need be remembered. */
export function openModelContents(
  store: string | null,
  checks?: OutputChecks,
  { holds = () => {}, env = process.env }: { holds?: () => void; env?: Env } = {},
): ModelContents {
  const remembered = (store === null ? null : readOrNull(store, storeSchema)) ?? { files: {}, commits: {} };
  const files: KnownContents = new Map(Object.entries(remembered.files));
  const { commits } = remembered;
  let written = JSON.stringify(remembered);
  const folderContent = async (dir: string, seen: readonly string[]): Promise<string> => {
    await confirmOutput(dir, checks);
    const entries = await onDisk(dir, () => readdir(dir));
    const parts: string[] = [];
    for (const name of entries.filter((entry) => counts.test(entry)).toSorted()) {
      const file = join(dir, name);
      if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
      // Its own name of its base may be a path, which says less than what the base holds.
      parts.push(name === 'adapter_config.json' ? name : `${name} ${await contentOf(file, files)}`);
    }
    const base = adapterBase(dir);
    if (base !== null && !seen.includes(dir)) parts.push(`base ${await modelContent(base, [...seen, dir])}`);
    return sha256(parts.join('\n'));
  };
  /** Of this attempt: one that begins later is told of another commit by its content. */
  const loaded = new Map<string, string>();
  const see = (id: string, now: string | null): void => {
    if (now === null) return;
    commits[id] ??= now;
    const then = loaded.get(id) ?? now;
    loaded.set(id, then);
    if (then !== now) throw moved(id, then, now);
  };
  const save = (): void => {
    const known = { files: Object.fromEntries(files), commits };
    const text = JSON.stringify(known);
    if (store === null || text === written) return;
    holds();
    writeJson(store, known);
    written = text;
  };
  const idContent = (id: string): string => {
    const now = cachedCommit(id, env);
    const first = commits[id];
    see(id, now);
    return sha256(first === undefined || now === null || now === first ? id : `${id}@${now}`);
  };
  const modelContent = async (model: string, seen: readonly string[] = []): Promise<string> => {
    const dir = shippedModel(model) ?? resolve(model);
    return isFolder(dir) ? folderContent(dir, seen) : idContent(model);
  };
  const names = new Map<string, string>();
  return {
    nameOf: (content) => names.get(content),
    of: async (model) => {
      const content = await modelContent(model);
      names.set(content, model);
      save();
      return content;
    },
    confirm: (model) => {
      if (isShipped(model) || isFolder(resolve(model))) return;
      see(model, cachedCommit(model, env));
      save();
    },
  };
}

function moved(id: string, then: string, now: string): RunError {
  return new RunError('model-moved', `${id} was commit ${then} when this run loaded it first, and is ${now} now.`, {
    where: id,
    remedy:
      'Set HF_HUB_OFFLINE=1 and put the commit back into refs/main of the cache, or give a folder that holds the model; then ' +
      'give the same command again.',
  });
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Commit that `main` of a model has in Hugging Face's cache on this machine; null where it is not there. */
export function cachedCommit(id: string, env: Env = process.env): string | null {
  const place = cachePlace(id, env);
  if (place === null) return null;
  const main = join(place, 'refs', 'main');
  return existsSync(main) ? onDisk(main, () => readFileSync(main, 'utf8').trim()) : null;
}

/** Folder of that commit's files, which need not be all there; null where there is none. */
export function cachedSnapshot(id: string, env: Env = process.env): string | null {
  const [place, commit] = [cachePlace(id, env), cachedCommit(id, env)];
  if (place === null || commit === null) return null;
  const snapshot = join(place, 'snapshots', commit);
  return isFolder(snapshot) ? snapshot : null;
}

/** Where huggingface_hub keeps a model, by its own rules; null for what is no id. */
function cachePlace(id: string, env: Env): string | null {
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(id)) return null;
  const home = env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');
  const hub = env['HF_HUB_CACHE'] ?? env['HUGGINGFACE_HUB_CACHE'] ?? join(home, 'hub');
  return join(hub, `models--${id.replaceAll('/', '--')}`);
}
