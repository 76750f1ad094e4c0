/**
 * YAML file and overrides -> checked configuration. Refuses with every problem at once, each at file:line:column.
 * Starts nothing and imports nothing heavy.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, isNode, isPair, isScalar, type Document } from 'yaml';
import { medgr2 } from '../called-as.js';
import { ConfigError, messageOf } from '../errors.js';
import { largestByHand, requireFile } from '../file-kind.js';
import { armConfig } from './arm-config.js';
import { describeIssues, type Problem } from './problem-lines.js';
import { applyOverride, parseOverride, type Override } from './overrides.js';
import { routeReports } from './trackers.js';
import type { Recipe } from './sections/recipe.js';
import { mapModules, partModule } from './part-modules.js';
import { configSchema, type Config } from './schema.js';
import { readYaml, refusal, valueOf } from './yaml-file.js';

/** What a configuration is read with, beside its file. */
export interface LoadOptions {
  /** `a.b=c` texts, in order. */
  set?: readonly string[];
  /** MEDGR2_DATA is read from here. */
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads a configuration: YAML, overrides, and what the two leave out.
 * @throws ConfigError (exit code 2): `config-not-read`, `config-empty`; `invalid-config` naming every problem at once, each as `file:line:column path: …`.
 * @example
 * const config = await loadConfig('mine.yaml', { set: ['cycles=2', 'grpo.numGenerations=4'] });
 * const { cycles } = await runLoop(config, { runDir: 'runs/mine' });
 */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<Config> {
  let text: string;
  try {
    requireFile(file, largestByHand);
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError('config-not-read', `cannot read the configuration ${file}: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Give the path of a YAML file, for example configs/demo.yaml.',
    });
  }
  // What is cut short to nothing would train for hours on defaults that nobody chose.
  if (isEmpty(text, file) && (options.set ?? []).length === 0)
    throw new ConfigError('config-empty', `${file} sets nothing`, {
      where: file,
      remedy: `Write what is wanted (\`${medgr2} init\` writes a start, configs/README.md lists the settings); all defaults are \`seed: 0\`.`,
    });
  return parseConfig(text, { ...options, file });
}

function isEmpty(text: string, file: string): boolean {
  const { contents } = readYaml(text, file).document;
  return (
    contents === null ||
    (isScalar(contents) && contents.value === null) ||
    (isMap(contents) && contents.items.length === 0)
  );
}

/**
 * The same from text; `file` names it in messages and is the place relative paths in it start from.
 * @throws ConfigError as `loadConfig`.
 * @example
 * const config = parseConfig('cycles: 2', { file: 'mine.yaml' });
 * config.cycles; // → 2
 */
export function parseConfig(text: string, options: LoadOptions & { file: string }): Config {
  const { document, locate } = readYaml(text, options.file);
  if (document.contents === null) document.contents = document.createNode({});
  if (!isMap(document.contents)) throw refusal([`${options.file}:1:1 expected sections of settings at the top level`]);

  const base = dirname(resolve(options.file));
  settleDataPath(document, base, options.env ?? {});
  const overrides = (options.set ?? []).map((set) => applyOverride(document, parseOverride(set)));

  routeReports(document);

  const value: unknown = valueOf(document, options.file) ?? {};
  const parsed = configSchema.safeParse(value);
  if (parsed.success) {
    const resolved = resolvePaths(parsed.data, base, overrides);
    const parts = mapModules(resolved.parts, (reference, path) => partModule(reference, path, base));
    const config = { ...resolved, parts };
    if (config.recipe.kind === 'arms') for (const arm of config.recipe.arms) armConfig(config, arm);
    return config;
  }
  const placed = describeIssues(parsed.error.issues, configSchema, value)
    .map((problem) => ({ ...place(problem, document, overrides, locate), message: problem.message }))
    .toSorted((a, b) => a.offset - b.offset);
  throw refusal(placed.map(({ where, message }) => `${where}: ${message}`));
}

/** `data: folder` is short for a VQA-RAD folder; MEDGR2_DATA fills a path that is left out. */
function settleDataPath(document: Document, base: string, env: Readonly<Record<string, string | undefined>>): void {
  const data: unknown = document.get('data');
  if (typeof data === 'string')
    document.set('data', document.createNode({ source: 'vqa-rad', path: resolve(base, data) }));
  const fromEnv = env['MEDGR2_DATA'];
  if (fromEnv === undefined || fromEnv === '') return;
  if (document.getIn(['data', 'source']) === 'vqa-rad' && !document.hasIn(['data', 'path']))
    document.setIn(['data', 'path'], resolve(fromEnv));
}

/** Paths in the file start at the file's folder; paths given by --set start where the command was typed. */
function resolvePaths(config: Config, base: string, overrides: readonly Override[]): Config {
  const from = (path: string): string => (overrides.some((override) => override.path.join('.') === path) ? '.' : base);
  const model = (value: string, path: string): string =>
    value.startsWith('.') || value.startsWith('/') ? resolve(from(path), value) : value;
  const { base: rewardBase, ...rewardModel } = config.rewardModel;
  const { local, prices } = config.generation;
  const { local: judge, rubric } = config.verify;
  return {
    ...config,
    verify: {
      ...config.verify,
      ...(judge === undefined ? {} : { local: { ...judge, model: model(judge.model, 'verify.local.model') } }),
      ...(rubric === undefined ? {} : { rubric: resolve(from('verify.rubric'), rubric) }),
    },
    generation: {
      ...config.generation,
      ...(local === undefined ? {} : { local: { ...local, model: model(local.model, 'generation.local.model') } }),
      ...(prices === undefined ? {} : { prices: resolve(from('generation.prices'), prices) }),
    },
    data: resolveData(config.data, from),
    policy: { ...config.policy, base: model(config.policy.base, 'policy.base') },
    recipe: resolveModels(config.recipe, (value) => model(value, 'recipe.models')),
    rewardModel:
      rewardBase === undefined ? rewardModel : { ...rewardModel, base: model(rewardBase, 'rewardModel.base') },
  };
}

function resolveData(data: Config['data'], from: (path: string) => string): Config['data'] {
  if (data.source === 'vqa-rad') return { ...data, path: resolve(from('data.path'), data.path) };
  if (data.source !== 'files') return data;
  const { seed, test, pool, ...rest } = data;
  const part = (name: string, folder: string): string => resolve(from(`data.${name}`), folder);
  return {
    ...rest,
    test: part('test', test),
    ...(seed === undefined ? {} : { seed: part('seed', seed) }),
    ...(pool === undefined ? {} : { pool: part('pool', pool) }),
  };
}

function resolveModels(recipe: Recipe, resolved: (model: string) => string): Recipe {
  if (recipe.kind === 'zero-shot') return { ...recipe, models: recipe.models.map(resolved) };
  if (recipe.kind !== 'arms') return recipe;
  const arms = recipe.arms.map(({ model, ...arm }) => ({
    ...arm,
    ...(model === undefined ? {} : { model: resolved(model) }),
  }));
  return { ...recipe, arms };
}

/** `file:line:column path` of a problem, or the --set that caused it, and its place in the order of the file. */
function place(
  problem: Problem,
  document: Document,
  overrides: readonly Override[],
  locate: (offset: number) => string,
): { where: string; offset: number } {
  const path = problem.path.map(String);
  const name = path.join('.');
  const cause = overrides.findLast(
    (override) => startsWith(path, override.path) || (problem.at === 'value' && startsWith(override.path, path)),
  );
  if (cause !== undefined) return { where: `--set ${cause.text} ${name}`, offset: Number.MAX_SAFE_INTEGER };
  for (let depth = path.length; depth > 0; depth--) {
    const offset = offsetOf(document, path.slice(0, depth), depth === path.length ? problem.at : 'key');
    if (offset !== null) return { where: `${locate(offset)} ${name}`, offset };
  }
  return { where: `${locate(0)} ${name}`, offset: 0 };
}

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((part, index) => path[index] === part);

function offsetOf(document: Document, path: readonly string[], at: 'key' | 'value'): number | null {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (at === 'key' && isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === last);
    const key = pair?.key;
    return isNode(key) ? (key.range?.[0] ?? null) : null;
  }
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
