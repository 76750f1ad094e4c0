/** Are the models that a configuration names on this machine, whole? Looks at folders; downloads nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { sectionOf, type Asked } from '../../config/asking/asked-providers.js';
import type { AskingSection } from '../../generation/inquiries/asking-section.js';
import type { Config } from '../../config/schema.js';
import { ConfigError } from '../../errors.js';
import { cachedSnapshot } from '../inputs/model-content.js';
import { failed, note, ok, warning, type Check } from './check.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** One line for each model, but for each setting that names a folder of none; those that ship with medgr2 are not worth one. */
export function checkModels(config: Config, env: Env): Check[] {
  const settings = new Map<string, string[]>();
  for (const { setting, model } of modelsOf(config))
    if (!isShipped(model)) settings.set(model, [...(settings.get(model) ?? []), setting]);
  return [...settings].flatMap(([model, names]) => {
    const problem = folderProblem(model);
    return problem === null
      ? [checkModel('model', model, names.join(', '), '', env)]
      : names.map((setting) => failed(setting, problem, folderRemedy(setting)));
  });
}

/** @throws ConfigError `path-missing` that names all settings with a folder of a model that is none: a job would say it much later. */
export function expectModelFolders(config: Config): void {
  const lost = modelsOf(config).flatMap(({ setting, model }) => {
    const problem = isShipped(model) ? null : folderProblem(model);
    return problem === null ? [] : [{ setting, model, problem }];
  });
  const [first] = lost;
  if (first === undefined) return;
  throw new ConfigError('path-missing', lost.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '), {
    where: resolve(first.model),
    remedy: folderRemedy([...new Set(lost.map(({ setting }) => setting))].join(', ')),
  });
}

interface NamedModel {
  setting: string;
  model: string;
}

/** Models that the recipe starts from; a generator of one's own has a line of its own. */
function modelsOf({ policy, rewardModel, recipe }: Config): NamedModel[] {
  if (recipe.kind === 'zero-shot') return recipe.models.map((model) => ({ setting: 'recipe.models', model }));
  const own = recipe.kind === 'arms' ? recipe.arms.flatMap(({ model }) => model ?? []) : [];
  const all = recipe.kind === 'arms' && own.length === recipe.arms.length;
  return [
    ...(all ? [] : [{ setting: 'policy.base', model: policy.base }]),
    ...(rewardModel.base === undefined ? [] : [{ setting: 'rewardModel.base', model: rewardModel.base }]),
    ...own.map((model) => ({ setting: 'recipe.arms', model })),
  ];
}

export function checkLocalModel(asked: Asked, section: AskingSection, env: Env): Check {
  const local = sectionOf(asked, 'local');
  const { model } = local;
  const name = section === 'verify' ? 'judge' : 'generator';
  const isTaught = 'warmStartSteps' in local && local.warmStartSteps !== 0;
  const stays = '; no image leaves this machine';
  if (isShipped(model) && !isTaught)
    return warning(
      name,
      `${model} ships with medgr2, and has never seen the JSON that it will be asked for${stays}`,
      section === 'verify'
        ? 'Name another model.'
        : 'Set generation.local.warmStartSteps, which teaches it the form on the trusted samples, or name another model.',
    );
  if (isShipped(model)) return ok(name, `${model} ships with medgr2${stays}`);
  return checkModel(name, model, `${section}.local.model`, stays, env);
}

const isModelFolder = (model: string): boolean =>
  ['config.json', 'adapter_config.json'].some((file) => existsSync(join(model, file)));

/** What is wrong with what can be nothing but a folder of a model; null for one, and for an id. */
function folderProblem(model: string): string | null {
  // An id of the Hub has one slash at most, and begins with no dot.
  const isPath = isAbsolute(model) || model.startsWith('.') || model.split('/').length > 2;
  if (!isPath || isModelFolder(model)) return null;
  return existsSync(model) ? `${model} holds no model (no config.json)` : `there is no folder ${model}`;
}

const folderRemedy = (setting: string): string => `Give the folder of a Hugging Face model, or its id, in ${setting}.`;

/** @param setting Where the configuration names it. */
function checkModel(name: string, model: string, setting: string, more: string, env: Env): Check {
  const said = (detail: string): string => `${model} (${setting}) ${detail}${more}`;
  const isFolder = isModelFolder(model);
  if (isFolder || isAbsolute(model)) {
    const lacks = isFolder ? lackOf(model) : 'config.json';
    if (lacks === null) return ok(name, said('is there'));
    return failed(name, said(`holds no model that is whole (${lacks} is missing)`), folderRemedy(setting));
  }
  const snapshot = cachedSnapshot(model, env);
  const lacks = snapshot === null ? null : lackOf(snapshot);
  if (snapshot !== null && lacks === null) return ok(name, said('is in the cache of Hugging Face'));
  const part = snapshot === null ? '' : ` in part (${lacks} is missing)`;
  const download = `hf download ${model}`;
  if (['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].some((variable) => isOn(env[variable])))
    return failed(
      name,
      said(
        `is in the cache of Hugging Face ${part === '' ? 'not at all' : `only${part}`}, and HF_HUB_OFFLINE forbids to fetch it`,
      ),
      `Unset HF_HUB_OFFLINE, or where there is a network: ${download}`,
    );
  return note(
    name,
    said(
      part === ''
        ? 'is not here yet: it is downloaded when the first job needs it'
        : `is in the cache of Hugging Face${part}: the rest is downloaded when the first job needs it`,
    ),
    `Without a network there, download it first: ${download}, or name a folder.`,
  );
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The first file that a model's folder lacks; null where it has configuration and all weights. */
function lackOf(folder: string): string | null {
  const has = (file: string): boolean => existsSync(join(folder, file));
  if (has('adapter_config.json')) return has('adapter_model.safetensors') ? null : 'adapter_model.safetensors';
  if (!has('config.json')) return 'config.json';
  const index = 'model.safetensors.index.json';
  if (!has(index)) return has('model.safetensors') ? null : 'model.safetensors';
  const shards = shardsOf(join(folder, index));
  return shards === null ? `${index} that can be read` : (shards.find((file) => !has(file)) ?? null);
}

function shardsOf(index: string): string[] | null {
  try {
    return [...new Set(Object.values(indexSchema.parse(JSON.parse(readFileSync(index, 'utf8'))).weight_map))];
  } catch {
    return null;
  }
}

/** As huggingface_hub reads its switches. */
const isOn = (value = ''): boolean => ['1', 'ON', 'YES', 'TRUE'].includes(value.toUpperCase());
