/** The models that ship with medgr2 and have names of their own, wherever that is installed. */
import path from 'node:path';
import { pythonSources } from './package-paths.js';

const folders: Readonly<Record<string, string>> = {
  /** The policy's base. */
  phantom: 'base',
  /** The reward model's, which sees better. */
  'phantom-judge': 'judge',
};

/** Absolute folder of a shipped model; null for any other. */
export function shippedModel(name: string): string | null {
  const folder = Object.hasOwn(folders, name) ? folders[name] : undefined;
  return folder === undefined ? null : path.join(pythonSources, 'medgr2', 'phantom', folder);
}

/** The name of a shipped model's folder; null for any other. */
export function shippedName(folder: string): string | null {
  return Object.keys(folders).find((name) => shippedModel(name) === folder) ?? null;
}

export const isShipped = (model: string): boolean => shippedModel(model) !== null;
