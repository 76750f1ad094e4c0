/**
 * A run folder can be moved or copied: no file in it that a later stage reads names another by an absolute path. Images
 * within it are named from it, images elsewhere are found by their content, and an adapter names its base from its own place.
 */
import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { shippedName } from '../../bridge/environment/shipped-models.js';
import { onDisk } from '../../disk.js';
import type { LoopData } from '../../dataset/sources/data-source.js';
import { readJson, writeJson } from './run-folder.js';

const adapterFile = 'adapter_config.json';
/** The model that an adapter's folder names as its base, absolute where it is a folder; null for a whole model. */
export function adapterBase(dir: string): string | null {
  const file = join(dir, adapterFile);
  if (!existsSync(file)) return null;
  const { base_model_name_or_path: base } = readJson(file) as { base_model_name_or_path?: unknown };
  if (typeof base !== 'string') return null;
  return base.startsWith('./') || base.startsWith('../') ? join(dir, base) : base;
}

/** A model, and where it is an adapter all that it stands on. */
export function withBases(model: string): string[] {
  const models = [model];
  for (let base = adapterBase(model); base !== null && !models.includes(base); base = adapterBase(base))
    models.push(base);
  return models;
}

/**
 * Adapters that a stage made name their base from where they will lie, and are the same for the same training; peft writes
 * absolute paths, and lists in any order.
 * @param dir Where the stage's folder will be when it is done.
 */
export async function toRelativeBases(partial: string, runDir: string, dir: string): Promise<void> {
  const folders = onDisk(partial, () => readdirSync(partial, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && existsSync(join(partial, entry.name, adapterFile)),
  );
  for (const { name } of folders) {
    const file = join(partial, name, adapterFile);
    const config = readJson(file) as Record<string, unknown>;
    const base = config['base_model_name_or_path'];
    if (typeof base !== 'string') continue;
    const within = relative(runDir, base);
    const outside = !isAbsolute(base) || within.startsWith('..') || isAbsolute(within);
    const named = shippedName(base) ?? (outside ? base : relative(join(dir, name), base).split(sep).join('/'));
    const { target_modules: modules } = config;
    // peft writes a set, in another order each time.
    const sorted = Array.isArray(modules) ? { target_modules: modules.toSorted() } : {};
    writeJson(file, { ...config, ...sorted, base_model_name_or_path: named });
  }
}

/** Rows and samples whose images lie elsewhere, with the places that the data have now. */
export function relinked<T extends { image: string; imageHash: string }>(data: LoopData, items: readonly T[]): T[] {
  const places = placesOf(data);
  return items.map((item) =>
    isAbsolute(item.image) ? { ...item, image: places.get(item.imageHash) ?? item.image } : item,
  );
}

const known = new WeakMap<LoopData, ReadonlyMap<string, string>>();

function placesOf(data: LoopData): ReadonlyMap<string, string> {
  const places =
    known.get(data) ??
    new Map([...data.pool, ...data.test, ...data.seed].map(({ imageHash, image }) => [imageHash, image]));
  known.set(data, places);
  return places;
}
