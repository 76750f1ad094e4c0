/** What a plan can know of a model: from its folder, from the Hugging Face cache, or from its name alone. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { shippedModel } from '../../bridge/environment/shipped-models.js';
import { readPixels } from '../../job-spec/checks/job-images.js';
import { imageRuleOf } from '../../job-spec/checks/image-rule-of.js';
import { readJson } from '../folder/run-folder.js';
import { nearestShape, shapeByName, shapeOfConfig } from './model-size.js';
import type { KnownModel } from './plan-types.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Null where neither folder nor name tells a size. A folder that is not there is an error. */
export async function modelOf(reference: string, env: Environment = process.env): Promise<KnownModel | null> {
  const folder = folderOf(reference, env);
  if (folder === null) return shapeByName(reference);
  const config = readJson(join(folder, 'config.json'));
  const shape = shapeOfConfig(reference, config, (await readPixels(folder)) ?? undefined);
  const images = imageRuleOf({
    config,
    preprocessor: jsonOf(join(folder, 'preprocessor_config.json')),
    processor: jsonOf(join(folder, 'processor_config.json')),
  });
  const known =
    shape === null ? (nearestShape(weightsIn(folder) / 2e9) ?? shapeByName(reference)) : { shape, exact: true };
  return known === null ? null : { ...known, ...(images === null ? {} : { images }) };
}

function folderOf(reference: string, env: Environment): string | null {
  const shipped = shippedModel(reference);
  if (shipped !== null) return shipped;
  const isFolder = reference.startsWith('/') || existsSync(join(reference, 'config.json'));
  return isFolder ? reference : cachedFolder(reference, env);
}

/** Where Hugging Face's libraries keep what they have downloaded of a model; null where it is not there. */
export function cachedFolder(id: string, env: Environment): string | null {
  const home = env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');
  const cache = join(env['HF_HUB_CACHE'] ?? join(home, 'hub'), `models--${id.replaceAll('/', '--')}`);
  try {
    const folder = join(cache, 'snapshots', readFileSync(join(cache, 'refs', 'main'), 'utf8').trim());
    return existsSync(join(folder, 'config.json')) ? folder : null;
  } catch {
    return null;
  }
}

/** Bytes of its weights. */
function weightsIn(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function jsonOf(file: string): unknown {
  return existsSync(file) ? readJson(file) : null;
}
