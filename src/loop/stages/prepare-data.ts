/** Writes down what the run works on: seed, test and pool. */
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonl } from '../../dataset/table.js';
import { writeSamples } from '../../dataset/samples.js';
import { sha256 } from '../../hash.js';
import type { RunContext } from '../context.js';
import type { Stage } from '../stage.js';

const output = z.object({ seed: z.int(), test: z.int(), pool: z.int(), notice: z.string() });

export function prepareData({ config, data }: RunContext): Stage<z.output<typeof output>> {
  const { seed, test, pool, notice } = data;
  return {
    cycle: 0,
    name: 'prepare-data',
    // The content itself: a data set that changed under a run is found out.
    inputs: { seed: config.seed, content: sha256(JSON.stringify([seed, test, pool])) },
    partial: 'over',
    output,
    metrics: (done) => ({ seed: done.seed, test: done.test, pool: done.pool }),
    run: async ({ dir }) => {
      await writeSamples(join(dir, 'seed.parquet'), seed);
      await writeSamples(join(dir, 'test.parquet'), test);
      await writeJsonl(join(dir, 'pool.jsonl'), pool);
      return { seed: seed.length, test: test.length, pool: pool.length, notice };
    },
  };
}
