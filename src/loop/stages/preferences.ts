/** Samples completions from the policy and compares them by the same rules as the reward: R_φ's next lesson. */
import { join } from 'node:path';
import { z } from 'zod';
import { readParquet, writeParquet } from '../../dataset/tables/table.js';
import type { Config } from '../../config/schema.js';
import { responseFormatOf } from '../../prompts/policy-prompt.js';
import { seededRandom } from '../../random.js';
import { preferences as comparePreferences } from '../../reward/preference-pairs.js';
import type { Sample } from '../../sample.js';
import { preferenceRow, promptRow, rowColumns, type RewardRow } from '../../job-spec/rows/job-rows.js';
import { preferenceSpec } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import { relinked } from '../folder/relocation.js';
import { fromRun } from '../folder/run-folder.js';
import { readCompletions } from '../../dataset/tables/job-outputs.js';
import type { Stage, StageDone } from '../stage.js';

const output = z.object({
  prompts: z.int(),
  completions: z.int(),
  pairs: z.int(),
  /** Number of completions of each grade. */
  grades: z.record(z.string(), z.int()),
});
export type PreferencesOutput = z.output<typeof output>;

export interface PreferenceSampling {
  cycle: number;
  /** Policy π_ψ. */
  model: string;
  /** Prompts with the answers they are compared with. */
  samples: readonly Sample[];
  from: readonly string[];
}

export function preferences(
  run: RunContext,
  { cycle, model, samples, from }: PreferenceSampling,
): Stage<PreferencesOutput> {
  const { config } = run;
  return {
    cycle,
    name: 'preferences',
    inputs: {
      from,
      seed: config.seed,
      policy: config.policy,
      settings: config.preferences,
      length: config.grpo.maxCompletionLength,
    },
    partial: 'over',
    output,
    metrics: ({ prompts, completions, pairs }) => ({ prompts, completions, pairs }),
    run: async (context) => {
      const data = join(context.dir, 'prompts.parquet');
      await writeParquet(
        data,
        samples.map((sample) => promptRow(sample, rowOptions(run))),
        rowColumns.prompt,
      );
      const seed = stageSeed(run, cycle, 'preferences');
      const result = await runJob(context, preferenceSpec(config, { outDir: context.dir, data, model, seed }));
      const perPrompt = config.preferences.samples;
      const completions = await readCompletions(
        result.completions,
        samples.map((sample) => sample.id),
        perPrompt,
      );
      const items = completions.flatMap(({ text }, index) => {
        const sample = samples[Math.floor(index / perPrompt)];
        return sample === undefined ? [] : [{ sample, completion: text }];
      });
      const compared = comparePreferences(items, { format: responseFormatOf(config.policy.instruction) });
      // Later cycles read them: images are named as samples name them, so that the folder can be moved.
      const named = { ...rowOptions(run), imagePath: (image: string) => image };
      const rows = compared.rows.map((row, index) => ({
        ...inCycle(cycle, preferenceRow(row, index, named)),
        imageHash: row.sample.imageHash,
      }));
      await writeParquet(join(context.dir, 'preferences.parquet'), rows, storedColumns);
      const grades = Object.fromEntries(
        [...Map.groupBy(rows, (row) => String(row.grade))].map(([name, group]) => [name, group.length]),
      );
      return { prompts: samples.length, completions: rows.length, pairs: compared.pairs.length, grades };
    },
  };
}

export const storedColumns = { ...rowColumns.reward, imageHash: 'VARCHAR' } as const;

/** Rows as the reward model's job reads them, with absolute images. */
export async function readPreferences(
  { data, runDir }: Pick<RunContext, 'data' | 'runDir'>,
  stage: Pick<StageDone<unknown>, 'dir'>,
): Promise<RewardRow[]> {
  const rows = await readParquet<RewardRow & { imageHash?: string }>(join(stage.dir, 'preferences.parquet'));
  const placed = relinked(
    data,
    rows.map((row) => ({ ...row, imageHash: row.imageHash ?? '' })),
  );
  return placed.map(({ imageHash: _, ...row }) => ({ ...row, image: fromRun(runDir, row.image) }));
}

/** Prompts to compare completions on; samples about held-out images of the reward model's report are never among them. */
export function preferencePrompts(
  config: Config,
  cycle: number,
  { dataset, seed, heldOut }: { dataset: readonly Sample[]; seed: readonly Sample[]; heldOut: ReadonlySet<string> },
): Sample[] {
  const { prompts, from } = config.preferences;
  const random = seededRandom(config.seed, cycle, 'preference prompts');
  const usable = (samples: readonly Sample[]): Sample[] => samples.filter((sample) => !heldOut.has(sample.imageHash));
  const seedIds = new Set(seed.map((sample) => sample.id));
  const written = random.shuffle(usable(dataset).filter((sample) => !seedIds.has(sample.id)));
  const trusted = random.shuffle(usable(seed));
  if (from === 'dataset') return (written.length > 0 ? written : trusted).slice(0, prompts);
  if (from === 'seed') return trusted.slice(0, prompts);
  const half = Math.ceil(prompts / 2);
  const own = written.slice(0, Math.max(half, prompts - trusted.length));
  return [...own, ...trusted.slice(0, prompts - own.length)];
}

/** Names of rows and pairs stay apart when preferences of several cycles are replayed together. */
function inCycle(cycle: number, row: RewardRow): RewardRow {
  return { ...row, id: `cycle-${cycle}/${row.id}`, pair: row.pair === null ? null : `cycle-${cycle}/${row.pair}` };
}

/** Id of the sample that the policy was asked about. */
export const askedAbout = ({ id }: Pick<RewardRow, 'id'>): string => id.slice(id.indexOf('/') + 1, id.lastIndexOf('#'));
