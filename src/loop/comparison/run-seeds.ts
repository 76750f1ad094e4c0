/** One comparison with several seeds: an ordinary run folder for each, and what they come to together. */
import { join, resolve } from 'node:path';
import type { Config } from '../../config/schema.js';
import { makePrivateFolder } from '../../disk.js';
import { lockRun } from '../folder/open-run-folder.js';
import type { ComparisonResult } from './comparison-result.js';
import { poolComparisons, type PooledComparison } from './pooled-comparison.js';
import { checkRunCall } from '../inputs/run-call.js';
import { comparisonOf } from './arm-plan.js';
import { seedFolder, seedsFile } from './seed-folders.js';
import { writeJson } from '../folder/run-folder.js';
import type { RunOptions } from '../run-attempt.js';
import { runComparison } from './run-recipe.js';

/**
 * A recipe with each seed, one after the other; a seed decides data, samples and training alike. Stages are shared between the
 * arms of a seed, and what is done stays done: with more seeds, the same call runs those that are missing.
 * @param seeds At least two, each once.
 * @throws ConfigError for the loop, which compares nothing; else as `runRecipe`.
 * @example
 * const pooled = await runSeeds(await loadConfig('configs/ablation.yaml'), [0, 1, 2], { runDir: 'runs/ablation' });
 * for (const { label, accuracy } of pooled.arms) console.log(label, accuracy?.mean, accuracy?.deviation);
 */
export async function runSeeds(
  config: Config,
  seeds: readonly number[],
  options: RunOptions,
): Promise<PooledComparison> {
  checkRunCall(config, options);
  const compared = comparisonOf(config);
  const results: ComparisonResult[] = [];
  // Between two seeds, too, the folder is this process's: whoever watches it sees that there is more to come.
  const folder = resolve(options.runDir);
  makePrivateFolder(folder);
  using held = new DisposableStack();
  held.use(lockRun(folder));
  for (const seed of seeds) makePrivateFolder(seedFolder(folder, seed));
  for (const seed of seeds) {
    const runDir = seedFolder(folder, seed);
    results.push(await runComparison({ ...compared, seed }, { ...options, runDir }));
  }
  const pooled = poolComparisons(results);
  writeJson(join(folder, seedsFile), pooled);
  return pooled;
}
