/** Measures R_φ on graded texts it never saw, and sets τ of the filter by them. */
import { join } from 'node:path';
import { z } from 'zod';
import { readScores } from '../../dataset/tables/job-outputs.js';
import { writeParquet } from '../../dataset/tables/table.js';
import type { GradedRow } from '../../grading/index.js';
import { heldOutReport } from '../../evaluation/reward-model-quality.js';
import { rewardRow, rowColumns } from '../../job-spec/rows/job-rows.js';
import { scoreSpec } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage } from '../stage.js';

const share = z.number().nullable();
export const rewardReportOutputSchema = z.object({
  rows: z.int(),
  mae: share,
  spearman: share,
  pairwiseAccuracy: share,
  /** Grade -> mean score of the held-out texts of that grade. */
  meanByGrade: z.record(z.string(), z.number()),
  tau: z.number(),
  precision: z.number(),
  recall: z.number(),
  reached: z.boolean(),
  reliability: z.array(
    z.object({ from: z.number(), to: z.number(), n: z.int(), meanScore: share, positiveShare: share }),
  ),
});
export type RewardReportOutput = z.output<typeof rewardReportOutputSchema>;

export interface RewardReporting {
  cycle: number;
  rewardModel: { path: string; version: string };
  heldOut: readonly GradedRow[];
  from: readonly string[];
}

export function rewardReport(
  run: RunContext,
  { cycle, rewardModel, heldOut, from }: RewardReporting,
): Stage<RewardReportOutput> {
  const { config } = run;
  return {
    cycle,
    name: 'reward-report',
    inputs: { from, threshold: config.filter.threshold, calibration: config.filter.calibration },
    partial: 'over',
    output: rewardReportOutputSchema,
    metrics: ({ mae, spearman, pairwiseAccuracy, tau }) => ({ mae, spearman, pairwiseAccuracy, tau }),
    detail: ({ meanByGrade, reliability }) => ({
      kind: 'reward-model',
      meanByGrade,
      reliability: reliability.map(({ from: lower, to, n, positiveShare }) => ({ from: lower, to, n, positiveShare })),
    }),
    run: async (context) => {
      const data = join(context.dir, 'rows.parquet');
      const rows = heldOut.map((row) => rewardRow(row, rowOptions(run)));
      await writeParquet(data, rows, rowColumns.reward);
      const seed = stageSeed(run, cycle, 'reward-report');
      const result = await runJob(
        context,
        scoreSpec(config, { outDir: context.dir, data, model: rewardModel.path, seed }),
      );
      const raw = await readScores(
        result.scores,
        rows.map((row) => row.id),
      );
      const scores = heldOut.flatMap(({ sampleId, grade, kind }, index) => {
        const value = raw[index] ?? null; // none where the text was too long to be read
        return value === null ? [] : [{ sampleId, grade, kind, score: value }];
      });
      const found = heldOutReport(scores, config.filter);
      if (!found.reached)
        run.emit({
          type: 'warning',
          message: `no threshold reaches the precision asked for on held-out texts; τ = ${found.tau.toFixed(2)} has the best, ${found.precision.toFixed(3)}`,
        });
      return found;
    },
  };
}
