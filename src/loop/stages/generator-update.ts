/** Generator update for a closed API: the newest high-reward samples become the examples in the next cycle's prompts. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSamples, writeSamples } from '../../dataset/tables/sample-table.js';
import { seededRandom } from '../../random.js';
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import { relinked } from '../folder/relocation.js';
import type { Stage, StageDone } from '../stage.js';

const output = z.object({ exemplars: z.int(), refreshed: z.boolean() });
export type GeneratorUpdateOutput = z.output<typeof output>;

export interface GeneratorUpdate {
  cycle: number;
  accepted: readonly Sample[];
  /** Examples of the cycle that ends; kept where nothing better came. */
  exemplars: readonly Sample[];
  from: readonly string[];
}

export function generatorUpdate(run: RunContext, update: GeneratorUpdate): Stage<GeneratorUpdateOutput> {
  const { cycle, accepted, exemplars, from } = update;
  const settings = run.config.generatorUpdate;
  return {
    cycle,
    name: 'generator-update',
    inputs: { from, settings },
    partial: 'over',
    output,
    metrics: ({ exemplars: count, refreshed }) => ({ exemplars: count, refreshed: refreshed ? 'yes' : 'no' }),
    run: async ({ dir }) => {
      const best = settings.enabled ? bestExemplars(accepted, settings.exemplars) : [];
      const next = best.length > 0 ? best : [...exemplars];
      await writeSamples(join(dir, 'exemplars.parquet'), next);
      return { exemplars: next.length, refreshed: best.length > 0 };
    },
  };
}

export async function readExemplars(
  { data }: Pick<RunContext, 'data'>,
  stage: StageDone<GeneratorUpdateOutput>,
): Promise<Sample[]> {
  return relinked(data, await readSamples(join(stage.dir, 'exemplars.parquet')));
}

/** The best of each question type and modality, best first; a prompt shows those that fit its task. */
export function bestExemplars(accepted: readonly Sample[], perGroup: number): Sample[] {
  const byScore = accepted.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.id.localeCompare(b.id));
  const groups = Map.groupBy(byScore, (sample) => `${sample.questionType} ${sample.modality}`);
  return [...groups.values()].flatMap((group) => group.slice(0, perGroup));
}

/** Trusted samples as the examples of the first cycle: some of each question type. */
export function seedExemplars(seed: readonly Sample[], perType: number, runSeed: number): Sample[] {
  const shuffled = seededRandom(runSeed, 'seed exemplars').shuffle(seed);
  return [...Map.groupBy(shuffled, (sample) => sample.questionType).values()].flatMap((group) =>
    group.slice(0, perType),
  );
}
