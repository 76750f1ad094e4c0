/**
 * Section `parts`: modules of a person's own that take the place of parts of the loop, or add to them; and where such a module
 * may lie: within the configuration's own folder, links looked through.
 */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { ConfigError, messageOf } from '../errors.js';

/** `FILE#EXPORT`; the file lies beside the configuration or in folders below. */
const moduleExport = z
  .string()
  .regex(
    /^[^#]+\.[cm]?[jt]s#[A-Za-z_$][\w$]*$/,
    'expected a module beside this file and its export, for example ./parts.ts#strict',
  );
const several = z.array(moduleExport).default([]);

export const partsSchema = z.strictObject({
  /** Who writes samples, with generation.provider: own. */
  provider: moduleExport.optional(),
  /** Ways to ask for samples, beside generation.strategies, which may then be []. */
  strategies: several,
  /** Makes the graded texts that R_φ learns from, in place of the four grades. */
  grader: moduleExport.optional(),
  /** Rewards in GRPO, beside α·R_φ + β·match. */
  rewards: several,
  /** Asked in order about each candidate that scored above τ; D_gen takes what all accept. */
  filters: several,
  /** Stages before or after those of the loop. */
  stages: several,
  /** Says which answers to test questions and gold set are right, in place of evaluation.reading. */
  evaluator: moduleExport.optional(),
  /** Hear every event. */
  sinks: several,
});
export type PartModules = z.output<typeof partsSchema>;
export type PartSlot = keyof PartModules;

/** Each file with its `#EXPORT` as `map` has it. */
export function mapModules(parts: PartModules, map: (reference: string, path: string) => string): PartModules {
  const entries = Object.entries(parts).flatMap(([slot, value]) => {
    const path = `parts.${slot}`;
    if (value === undefined) return [];
    return [[slot, typeof value === 'string' ? map(value, path) : value.map((one) => map(one, path))]];
  });
  return Object.fromEntries(entries) as PartModules;
}

/**
 * @param reference `FILE#EXPORT`, the file from `base` on.
 * @param setting Where it stands.
 * @returns The same with the file's real absolute path.
 * @throws ConfigError `part-not-loaded` where there is none, `part-outside` where it lies elsewhere.
 */
export function partModule(reference: string, setting: string, base: string): string {
  const at = reference.lastIndexOf('#');
  const [path, name] = [reference.slice(0, at), reference.slice(at)];
  const file = resolve(base, path);
  let found: string;
  let folder: string;
  try {
    [found, folder] = [realpathSync(file), realpathSync(base)];
  } catch (cause) {
    throw new ConfigError('part-not-loaded', `${setting}: cannot read ${file}: ${messageOf(cause)}`, {
      cause,
      where: file,
      remedy: 'Write the path as it is from the folder of the configuration on.',
    });
  }
  const within = relative(folder, found);
  if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within))
    throw new ConfigError('part-outside', `${setting}: ${path} lies outside of the configuration's folder (${found})`, {
      where: setting,
      remedy: `Put the module itself, and no link to it, into ${folder}. Code from elsewhere runs only where a script gives it.`,
    });
  return `${found}${name}`;
}
