/** Resume with other versions (medgr2, torch, …): the run stops and names them, or is told to go on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RunError } from '../../errors.js';
import type { Environment } from './run-environment.js';
import { readLedger } from './ledger.js';
import { readOrNull, runFiles, writeJson } from './run-folder.js';

const versionsSchema = z.looseObject({
  time: z.string(),
  medgr2: z.string(),
  python: z.looseObject({ version: z.string(), packages: z.record(z.string(), z.string().nullable()) }).nullable(),
  git: z.looseObject({ commit: z.string(), changed: z.boolean() }).nullable().optional(),
});
type Versions = z.output<typeof versionsSchema>;

const storedSchema = versionsSchema.extend({ earlier: z.array(versionsSchema).default([]) });

/**
 * Writes environment.json: the environment of this attempt, and the earlier ones that were others.
 * @returns What a person is to know.
 * @throws RunError `versions-changed` where stages are finished with other versions and `allowed` is not set.
 */
export function recordEnvironment(runDir: string, now: Environment, allowed: boolean): string[] {
  const file = join(runDir, runFiles.environment);
  const told: string[] = [];
  const before = readOrNull(file, storedSchema, (message) => told.push(`${message}. It is written anew`));
  const { earlier = [], ...last } = before ?? {};
  const changed = before === null ? [] : changesOf(before, now);
  if (changed.length > 0 && hasFinished(runDir)) {
    const words = `the run was begun with other versions: ${changed.join('; ')}`;
    if (!allowed)
      throw new RunError('versions-changed', words, {
        where: file,
        remedy:
          'Install the earlier versions, so that all of the run comes from the same; or give the same command with ' +
          '--allow-version-change, to go on with these; or give a new folder with --run-dir.',
      });
    told.push(words);
  } else if (before !== null && before.git?.commit !== now.git?.commit)
    told.push(`the checkout of medgr2 is at another commit than when the run was begun`);
  const kept = before === null || changed.length === 0 ? earlier : [...earlier, last];
  writeJson(file, kept.length === 0 ? now : { ...now, earlier: kept });
  return told;
}

/** Whether there is anything that other versions could be mixed with. */
function hasFinished(runDir: string): boolean {
  const file = join(runDir, runFiles.ledger);
  return existsSync(file) && readLedger(file).entries.size > 0;
}

/** Each as `torch 2.11.0 then, 2.13.0 now`. */
function changesOf(before: Versions, now: Environment): string[] {
  const was = named(before);
  const is = named(now);
  return Object.keys({ ...was, ...is }).flatMap((name) =>
    was[name] === is[name] ? [] : [`${name} ${was[name] ?? 'missing'} then, ${is[name] ?? 'missing'} now`],
  );
}

function named({ medgr2, python }: Pick<Versions, 'medgr2' | 'python'>): Record<string, string | null> {
  return { medgr2, ...(python === null ? {} : { python: python.version, ...python.packages }) };
}
