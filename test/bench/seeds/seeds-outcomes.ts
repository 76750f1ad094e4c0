/**
 * Finished seeds on disk. A seed's outcome lies in its run folder, so that several processes may share one --out; tables are
 * made of all that is found in one or more of them.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigError, messageOf } from '../../../src/errors.js';
import { policyComparisonSchema } from '../../../src/loop/result/policy-comparison.js';
import { runResultSchema } from '../../../src/loop/result/run-result.js';
import { readJson, runFiles, writeJson } from '../../../src/loop/folder/run-folder.js';
import { cycleArms, type CycleArm } from './arms.js';
import { seedFolder, seedFolders } from '../../../src/loop/comparison/seed-folders.js';

const outcomeSchema = z.object({
  seed: z.int(),
  result: runResultSchema,
  /** Test accuracy of each cycle's control arms: of those that were asked for. */
  arms: z.array(z.partialRecord(z.enum(cycleArms), z.number())),
  /** Test accuracy of SFT on the trusted samples alone; absent in outcomes from before there was this arm. */
  seedOnly: z.number().optional(),
  /** Arms (the first of each) against the run's policies, question by question; the run's own pairs are in its result. */
  paired: z.array(policyComparisonSchema).default([]),
});
export type SeedOutcome = z.output<typeof outcomeSchema>;

const outcomeFile = (folder: string, seed: number): string => join(seedFolder(folder, seed), 'outcome.json');

export function writeOutcome(out: string, outcome: SeedOutcome): void {
  writeJson(outcomeFile(out, outcome.seed), outcome);
}

/** Whether the outcome is there, with all of these arms. */
export function isFinished(folder: string, seed: number, arms: readonly CycleArm[]): boolean {
  const file = outcomeFile(folder, seed);
  if (!existsSync(file)) return false;
  return read(file, outcomeSchema).arms.every((cycle) => arms.every((arm) => cycle[arm] !== undefined));
}

/** What a table is made of, without the run. */
export function keepOutcome(out: string, keep: string, seed: number): void {
  mkdirSync(seedFolder(keep, seed), { recursive: true });
  copyFileSync(join(seedFolder(out, seed), runFiles.config), join(seedFolder(keep, seed), runFiles.config));
  copyFileSync(outcomeFile(out, seed), outcomeFile(keep, seed));
}

/** An outcome, and the configuration of its run without the seed; null where its run folder is not there. */
export interface FoundOutcome {
  from: string;
  outcome: SeedOutcome;
  settings: Record<string, unknown> | null;
}

/** All finished seeds of these folders, in order. @throws ConfigError for a folder without any, or a seed that is in two. */
export function readOutcomes(folders: readonly string[]): FoundOutcome[] {
  const found = folders.flatMap((folder) => {
    const own = outcomesIn(folder);
    if (own.length > 0) return own;
    throw new ConfigError('nothing-to-evaluate', `${folder} holds no finished seed`, {
      remedy: 'Name folders that bench:seeds wrote as --out; a seed counts when its control arms are done too.',
      where: folder,
    });
  });
  const inOrder = found.toSorted((a, b) => a.outcome.seed - b.outcome.seed);
  for (const [index, { outcome, from }] of inOrder.entries()) {
    const other = inOrder[index + 1];
    if (other?.outcome.seed !== outcome.seed) continue;
    throw new ConfigError('samples-uneven', `seed ${outcome.seed} is in ${from} and in ${other.from}`, {
      remedy: 'Leave one of them out: the same seed twice is no second measurement.',
      where: from,
    });
  }
  return inOrder;
}

function outcomesIn(folder: string): FoundOutcome[] {
  const bySeed = new Map<number, FoundOutcome>();
  const add = (from: string, outcomes: readonly SeedOutcome[]): void => {
    for (const outcome of outcomes)
      bySeed.set(outcome.seed, { from, outcome, settings: settingsOf(seedFolder(folder, outcome.seed)) });
  };
  // One list for the whole folder: how it was written first.
  const list = join(folder, 'outcomes.json');
  if (existsSync(list)) add(list, read(list, z.array(outcomeSchema)));
  for (const file of seedFolders(folder).map((run) => join(run, 'outcome.json')))
    if (existsSync(file)) add(file, [read(file, outcomeSchema)]);
  return [...bySeed.values()];
}

function read<T>(file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(readJson(file));
  } catch (error) {
    throw new ConfigError('file-unreadable', `${file} is no outcome of bench:seeds: ${messageOf(error)}`, {
      remedy: 'Give the folder that bench:seeds wrote; run it again where the file is from another version.',
      where: file,
      cause: error,
    });
  }
}

function settingsOf(runDir: string): Record<string, unknown> | null {
  const file = join(runDir, runFiles.config);
  if (!existsSync(file)) return null;
  const { seed: _, ...settings } = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  return settings;
}
