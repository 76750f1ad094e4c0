/** Opens the data source that a configuration names. The same configuration always gives the same data. */
import { configuredDestination } from '../../config/egress-rule.js';
import { errorRatesOf } from '../../config/sections/generation.js';
import type { Config } from '../../config/schema.js';
import { loadFiles } from './own-files.js';
import { createPhantomData, type EarlierDrawing } from './phantom-source.js';
import type { DataProgress, LoopData } from './data-source.js';
import { loadVqaRad } from './vqa-rad-source.js';

/**
 * @param dir Run folder: drawn images go into `images/` below it.
 * @param earlier What an earlier start drew there.
 */
export async function openData(
  config: Config,
  dir: string,
  onProgress?: DataProgress,
  earlier?: EarlierDrawing,
): Promise<LoopData> {
  const { data, generation, seed } = config;
  const errorRates = errorRatesOf(generation.teacher);
  if (data.source === 'vqa-rad') {
    const { path, seedShare, testShare, seedLimit, testLimit } = data;
    return loadVqaRad({ path, seed, seedShare, testShare, seedLimit, testLimit, errorRates });
  }
  if (data.source === 'files') {
    const teacher = generation.provider === 'simulated' ? { errorRates } : null;
    const remote = configuredDestination(generation) !== null;
    return loadFiles({ ...data, runSeed: seed, remote, teacher }, onProgress);
  }
  const counts = { seed: data.seed, test: data.test, pool: data.pool };
  return createPhantomData({ dir, seed, counts, teacher: { errorRates }, onProgress, earlier });
}
