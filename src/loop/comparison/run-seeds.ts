/** One comparison with several seeds: an ordinary run folder for each, and what they come to together. */
import { join, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import type { Config } from '../../config/schema.js';
import { ConfigError } from '../../errors.js';
import type { ComparisonResult } from './comparison-result.js';
import { poolComparisons, type PooledComparison } from './pooled-comparison.js';
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
  const { recipe } = config;
  if (recipe.kind === 'loop')
    throw new ConfigError(
      'seeds-of-a-loop',
      'several seeds are for recipes that compare models; this one is the loop',
      {
        remedy: `Run it once for each seed (--set seed=N), and put the runs side by side with \`${medgr2} report\`.`,
      },
    );
  const results: ComparisonResult[] = [];
  for (const seed of seeds) {
    const runDir = seedFolder(options.runDir, seed);
    results.push(await runComparison({ ...config, recipe, seed }, { ...options, runDir }));
  }
  const pooled = poolComparisons(results);
  writeJson(join(resolve(options.runDir), seedsFile), pooled);
  return pooled;
}
