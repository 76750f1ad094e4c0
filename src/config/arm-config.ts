/** The configuration of one arm: the run's, with the settings that the arm has of its own. */
import { ConfigError } from '../errors.js';
import type { Arm } from './sections/recipe.js';
import { configSchema, type Config } from './schema.js';

/** All arms share these: other data or another seed make another run. */
const shared = [
  'data',
  'seed',
  'recipe',
  'parts',
  'egress',
  'generation.provider',
  'generation.teacher',
  'policy.base',
];

/** @throws ConfigError naming the arm and the setting. */
export function armConfig(config: Config, { name, set }: Pick<Arm, 'name' | 'set'>): Config {
  if (Object.keys(set).length === 0) return config;
  const changed = structuredClone(config) as Record<string, unknown>;
  for (const [path, value] of Object.entries(set)) {
    if (shared.some((part) => path === part || path.startsWith(`${part}.`) || part.startsWith(`${path}.`)))
      throw refused(name, path, 'all arms of a recipe share it');
    assign(changed, path.split('.'), value, () => refused(name, path, 'there is no such section'));
  }
  const parsed = configSchema.safeParse(changed);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const found = issue?.path.join('.') ?? '';
  const unknown = issue?.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : '';
  throw refused(name, found, `${issue?.message ?? 'not valid'}${unknown}`);
}

function assign(
  section: Record<string, unknown>,
  [key = '', ...rest]: string[],
  value: unknown,
  fail: () => Error,
): void {
  if (rest.length === 0) {
    section[key] = value;
    return;
  }
  const inner = (section[key] ??= {});
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) throw fail();
  assign(inner as Record<string, unknown>, rest, value, fail);
}

function refused(arm: string, path: string, why: string): ConfigError {
  return new ConfigError('arm-setting', `the arm ${arm} cannot have the setting ${path}: ${why}`, {
    where: `recipe.arms ${arm}: ${path}`,
    remedy: 'Write settings as in the configuration, with dots: set: { grpo.rewards.scale: raw }.',
  });
}
