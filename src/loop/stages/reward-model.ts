/** Trains R_φ: first on the graded seed data, then in each cycle on the policy's preferences with replay. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { writeParquet } from '../../dataset/tables/table.js';
import type { GradedRow } from '../../grading/index.js';
import { seededRandom } from '../../random.js';
import { gradedRewardRows, withReplay } from '../../job-spec/rows/reward-rows.js';
import { rowColumns, type RewardRow } from '../../job-spec/rows/job-rows.js';
import { rewardModelSpec } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage } from '../stage.js';

const output = z.object({
  /** Relative to the stage's folder. */
  checkpoint: z.string(),
  version: z.string(),
  rows: z.int(),
  steps: z.int(),
  loss: z.number().nullable(),
});
export type RewardModelOutput = z.output<typeof output>;

export interface RewardTraining {
  cycle: number;
  /** A VLM for the first, the earlier reward model for the others. */
  model: string;
  graded: readonly GradedRow[];
  /** New preferences and those of earlier cycles; null trains the first reward model. */
  preferences: { fresh: readonly RewardRow[]; earlier: readonly RewardRow[] } | null;
  from: readonly string[];
  /** `reward-model` when left out. */
  name?: RewardModelStage | undefined;
}

/** Also before a cycle, from what experts said. */
export type RewardModelStage = 'reward-model' | 'verdict-reward-model';

export function rewardModel(run: RunContext, training: RewardTraining): Stage<RewardModelOutput> {
  const { config } = run;
  const { cycle, model, graded, preferences, from, name = 'reward-model' } = training;
  const { retrainAfterLast, scoreBatchSize, statesMemory, ...settings } = config.rewardModel;
  return {
    cycle,
    name,
    inputs: { from, seed: config.seed, policy: config.policy, settings },
    partial: 'on',
    output,
    metrics: ({ rows, steps, loss }) => ({ rows, steps, loss }),
    run: async (context) => {
      const random = seededRandom(config.seed, cycle, `${name} rows`);
      const base = gradedRewardRows(graded, rowOptions(run));
      const rows =
        preferences === null
          ? random.shuffle(base)
          : withReplay(preferences.fresh, [...base, ...preferences.earlier], settings.replay, random);
      const data = join(context.dir, 'rows.parquet');
      await writeParquet(data, rows, rowColumns.reward);
      const seed = stageSeed(run, cycle, name);
      const place = { outDir: context.dir, data, model, seed };
      const result = await runJob(context, rewardModelSpec(config, place, preferences === null ? 'first' : 'again'));
      const { steps, loss } = result;
      return {
        checkpoint: relative(context.dir, result.checkpoint),
        version: name === 'reward-model' ? `reward-model-${cycle}` : `reward-model-${cycle}-verdicts`,
        rows: rows.length,
        steps,
        loss,
      };
    },
  };
}
