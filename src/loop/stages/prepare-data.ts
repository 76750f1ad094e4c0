/** Writes down what the run works on: seed, test and pool. */
import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { readJsonl, writeJsonl } from '../../dataset/tables/table.js';
import { readSamples, writeSamples } from '../../dataset/tables/sample-table.js';
import type { Config } from '../../config/schema.js';
import type { LoopData, PoolImage } from '../../dataset/sources/data-source.js';
import { DataError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import type { RunContext } from '../run-context.js';
import { openOutputChecks } from '../folder/output-hashes.js';
import { stageKey } from '../folder/ledger.js';
import { readRecord } from '../folder/check-outputs.js';
import type { Stage } from '../stage.js';

const output = z.object({ seed: z.int(), test: z.int(), pool: z.int(), notice: z.string() });
const parts = ['seed', 'test', 'pool'] as const;

export function prepareData({ config, data }: RunContext): Stage<z.output<typeof output>> {
  const { seed, test, pool, notice } = data;
  return {
    cycle: 0,
    name: 'prepare-data',
    // The content itself: a data set that changed under a run is found out, and one that was only moved is the same.
    inputs: { seed: config.seed, content: contentOf([seed, test, noted(pool)]) },
    changed: (dir) => changeIn(dir, data, config.data),
    partial: 'over',
    output,
    metrics: (done) => ({ seed: done.seed, test: done.test, pool: done.pool }),
    run: async ({ dir }) => {
      await writeSamples(join(dir, 'seed.parquet'), seed);
      await writeSamples(join(dir, 'test.parquet'), test);
      await writeJsonl(join(dir, 'pool.jsonl'), noted(pool));
      return { seed: seed.length, test: test.length, pool: pool.length, notice };
    },
  };
}

/** sha256 of the parts as one JSON text, piece by piece: of a pool of millions that is longer than the longest string. */
function contentOf(all: readonly (readonly { image: string }[])[]): string {
  const hash = createHash('sha256');
  for (const [place, items] of all.entries()) {
    hash.update(place === 0 ? '[[' : ',[');
    for (const [at, item] of items.entries()) hash.update(`${at === 0 ? '' : ','}${JSON.stringify(unplaced(item))}`);
    hash.update(']');
  }
  return hash.update(']').digest('hex');
}

/** An image that lies elsewhere is its content; where that lies is no matter. */
const unplaced = ({ image, ...item }: { image: string }): object => (isAbsolute(image) ? item : { image, ...item });

/** As the run folder has them: what a person wrote about an image stays with the data, and is known here by its hash. */
const noted = (pool: readonly PoolImage[]): Item[] =>
  pool.map(({ context, ...image }) =>
    context === undefined ? image : { ...image, context: { hash: sha256(context.text), maskedBy: context.maskedBy } },
  );

type Item = { image: string; imageHash: string };

async function readPrepared(dir: string): Promise<Record<(typeof parts)[number], Item[]>> {
  return {
    seed: await readSamples(join(dir, 'seed.parquet')),
    test: await readSamples(join(dir, 'test.parquet')),
    pool: await readJsonl<Item>(join(dir, 'pool.jsonl')),
  };
}

/** Hashes of the images that a run was prepared with, by the names that it gives them; none before, or where damaged. */
export async function preparedImages(runDir: string): Promise<ReadonlyMap<string, string>> {
  const dir = join(runDir, stageKey(0, 'prepare-data'));
  const record = readRecord(dir);
  if (record?.files === undefined || (await openOutputChecks().look(dir, record.files)) !== null) return new Map();
  const { seed, test, pool } = await readPrepared(dir);
  return new Map([...seed, ...test, ...pool].map(({ image, imageHash }) => [image, imageHash]));
}

/** What a person would look for: which image is another one, or how many came or went. */
async function changeIn(dir: string, data: LoopData, source: Config['data']): Promise<string | null> {
  try {
    const before = await readPrepared(dir);
    for (const part of parts) {
      const [was, is]: [Item[], readonly Item[]] = [before[part], part === 'pool' ? noted(data.pool) : data[part]];
      if (was.length !== is.length) return `${named(source, part)} had ${was.length} items and has ${is.length}`;
      const at = is.findIndex(({ imageHash }, index) => imageHash !== was[index]?.imageHash);
      if (at !== -1) return `the image ${is[at]?.image} of ${part} is another one`;
      if (contentOf([was]) !== contentOf([is])) return `questions or answers of ${named(source, part)} are others`;
    }
    return null;
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** A part in the words of the configuration, and the folder it comes from where it is one of theirs. */
function named(source: Config['data'], part: (typeof parts)[number]): string {
  if (source.source === 'vqa-rad') return `${part} of data.path (${source.path})`;
  const folder = source.source === 'files' ? source[part] : undefined;
  return folder === undefined ? `data.${part}` : `data.${part} (${folder})`;
}
