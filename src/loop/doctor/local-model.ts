/** Is a local generator's model on this machine? Looks at folders; downloads nothing. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Config } from '../../config/schema.js';
import { failed, note, ok, warning, type Check } from './check.js';

type LocalModel = Pick<NonNullable<Config['generation']['local']>, 'model' | 'warmStartSteps'>;

export function checkLocalModel(
  { model, warmStartSteps }: LocalModel,
  env: Readonly<Record<string, string | undefined>>,
): Check {
  const said = (detail: string): string => `${model} ${detail}; no image leaves this machine`;
  if (model === 'phantom' && warmStartSteps === 0)
    return warning(
      'generator',
      said('ships with medgr2, and has never seen the JSON that it will be asked for'),
      'Set generation.local.warmStartSteps, which teaches it the form on the trusted samples, or name another model.',
    );
  if (model === 'phantom') return ok('generator', said('ships with medgr2'));
  if (['config.json', 'adapter_config.json'].some((name) => existsSync(join(model, name))))
    return ok('generator', said('is there'));
  if (isAbsolute(model))
    return failed(
      'generator',
      `${model} holds no model (no config.json)`,
      'Give the folder of a Hugging Face model, or its id, in generation.local.model.',
    );
  if (existsSync(join(hubCache(env), `models--${model.replaceAll('/', '--')}`)))
    return ok('generator', said('is in the cache of Hugging Face'));
  return note(
    'generator',
    said('is not here yet: it is downloaded when the first job needs it'),
    `Without a network there, download it first: hf download ${model}, or name a folder.`,
  );
}

/** Where huggingface_hub keeps models, by its own rules. */
function hubCache(env: Readonly<Record<string, string | undefined>>): string {
  const home = env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');
  return env['HF_HUB_CACHE'] ?? join(home, 'hub');
}
