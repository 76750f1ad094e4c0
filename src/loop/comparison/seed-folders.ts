/** Where a recipe that ran with several seeds keeps them: a run folder for each, beside what they come to together. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const seedsFile = 'seeds.json';

export const seedFolder = (folder: string, seed: number): string => join(folder, `seed-${seed}`);

/** The run folders of the seeds in order; empty where the folder is none of several seeds. */
export const seedFolders = (folder: string): string[] => seedsIn(folder).map((seed) => seedFolder(folder, seed));

/** The seeds that a folder has run folders of, in order; one that has not begun has an empty one. */
export function seedsIn(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const seeds = readdirSync(folder).flatMap((name) => {
    const seed = /^seed-(\d+)$/.exec(name)?.[1];
    return seed === undefined ? [] : [Number(seed)];
  });
  return seeds.toSorted((a, b) => a - b);
}
