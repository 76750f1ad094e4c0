/**
 * Measures R_φ on graded texts it never saw, sets τ of the filter by them, and says whether it may take the place of the one
 * before; asks it about the probes, too.
 */
import { fixed, percent } from '../../format.js';
import { join } from 'node:path';
import { z } from 'zod';
import { readScores } from '../../dataset/tables/job-outputs.js';
import { writeParquet } from '../../dataset/tables/table.js';
import type { GradedRow } from '../../grading/index.js';
import { probePairs } from '../../grading/probes.js';
import { heldOutReport, rewardModelDifference, type HeldOutScore } from '../../evaluation/reward-model-quality.js';
import { actionOf } from '../../config/sections/guards.js';
import { clusterOf } from '../../dataset/sources/data-source.js';
import { mkdir } from 'node:fs/promises';
import { promotionSchema, type Promotion } from '../guards/alarm.js';
import { probeFigures, probeFiguresSchema, type ProbeFigures } from '../guards/probe-figures.js';
import { promoteRewardModel } from '../guards/promotion.js';
import { promptRow, rewardRow, rowColumns } from '../../job-spec/rows/job-rows.js';
import { scoreSpec } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage, StageContext } from '../stage.js';

const share = z.number().nullable();
const interval = z.object({ low: z.number(), high: z.number() }).nullable();
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
  /** These four are of no use to runs made before there were guards, and null in them. */
  accepted: z.int().nullable().default(null),
  intervals: z.object({ spearman: interval, pairwiseAccuracy: interval }).nullable().default(null),
  probes: probeFiguresSchema.nullable().default(null),
  promotion: promotionSchema.nullable().default(null),
  reliability: z.array(
    z.object({ from: z.number(), to: z.number(), n: z.int(), meanScore: share, positiveShare: share }),
  ),
});
export type RewardReportOutput = z.output<typeof rewardReportOutputSchema>;

export interface RewardReporting {
  cycle: number;
  rewardModel: { path: string; version: string };
  heldOut: readonly GradedRow[];
  /** The reward model whose place it would take, with the folder of its report; null for the first. */
  before: { version: string; report: string } | null;
  from: readonly string[];
  /** `reward-report` when left out. */
  name?: 'reward-report' | 'verdict-reward-report' | undefined;
}

export function rewardReport(
  run: RunContext,
  { cycle, rewardModel, heldOut, before, from, name = 'reward-report' }: RewardReporting,
): Stage<RewardReportOutput> {
  const { config } = run;
  return {
    cycle,
    name,
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
      const seed = stageSeed(run, cycle, name);
      const result = await runJob(
        context,
        scoreSpec(config, { outDir: context.dir, data, model: rewardModel.path, seed }),
      );
      const raw = await readScores(
        result.scores,
        rows.map((row) => row.id),
      );
      const scores = joined(run, heldOut, raw);
      const found = heldOutReport(scores.filter(isScored), config.filter);
      if (!found.reached)
        run.emit({
          type: 'warning',
          message: `no threshold reaches the precision asked for on held-out texts; τ = ${fixed(found.tau, 2)} has the best, ${percent(found.precision)}`,
        });
      const probes = await askProbes(context, rewardModel.path, heldOut);
      const promotion = before === null ? null : await promote(context, { rewardModel, before, heldOut, scores });
      return { ...found, probes, promotion };
    },
  };
}

/** A text that was too long to be read has no score. */
type MaybeScored = Omit<HeldOutScore, 'score'> & { score: number | null };
const isScored = (row: MaybeScored): row is HeldOutScore => row.score !== null;

const joined = (run: RunContext, heldOut: readonly GradedRow[], raw: readonly (number | null)[]): MaybeScored[] =>
  heldOut.map(({ sampleId, grade, kind, imageHash }, index) => ({
    sampleId,
    grade,
    kind,
    cluster: clusterOf(run.data, imageHash),
    score: raw[index] ?? null,
  }));

/** Samples of which probes are made: enough to tell a preference from chance, few enough to cost little. */
const probed = 40;

async function askProbes(
  context: StageContext,
  model: string,
  heldOut: readonly GradedRow[],
): Promise<ProbeFigures | null> {
  const { config, cycle, data } = context;
  if (actionOf(config.guards, 'probes') === null) return null;
  const held = new Set(heldOut.map(({ sampleId }) => sampleId));
  const samples = data.seed.filter(({ id }) => held.has(id));
  const pairs = probePairs(samples, { seed: config.seed, limit: probed }).filter(
    // A policy that is told to give the answer alone is right to do so.
    ({ kind }) => kind !== 'no rationale' || config.policy.instruction !== 'answer',
  );
  if (pairs.length === 0) return {};
  const outDir = join(context.dir, 'probes');
  await mkdir(outDir, { recursive: true });
  const table = join(outDir, 'rows.parquet');
  const rows = pairs.flatMap(({ sample, better, worse }, index) =>
    [better, worse].map((response, side) => ({
      ...promptRow(sample, rowOptions(context)),
      id: `${sample.id}:probe-${index}-${side}`,
      response,
    })),
  );
  await writeParquet(table, rows, rowColumns.score);
  const seed = stageSeed(context, cycle, 'reward-report probes');
  const result = await runJob(context, scoreSpec(config, { outDir, data: table, model, seed }));
  const scores = await readScores(
    result.scores,
    rows.map(({ id }) => id),
  );
  return probeFigures(
    pairs,
    pairs.map((_, index) => ({ better: scores[2 * index] ?? null, worse: scores[2 * index + 1] ?? null })),
  );
}

interface Contest {
  rewardModel: RewardReporting['rewardModel'];
  before: NonNullable<RewardReporting['before']>;
  heldOut: readonly GradedRow[];
  scores: readonly MaybeScored[];
}

/** Both on the texts that both could read. */
async function promote(
  { config, cycle }: StageContext,
  { rewardModel, before, heldOut, scores }: Contest,
): Promise<Promotion | null> {
  if (!config.guards.promotion) return null;
  const earlier = await readScores(
    join(before.report, 'scores.jsonl'),
    heldOut.map(({ id }) => id),
  );
  const both = scores.flatMap((row, index) => {
    const score = earlier[index] ?? null;
    return isScored(row) && score !== null ? [{ now: row, was: { ...row, score } }] : [];
  });
  const difference = rewardModelDifference(
    both.map(({ was }) => was),
    both.map(({ now }) => now),
  );
  return promoteRewardModel({ cycle, before: before.version, after: rewardModel.version, difference });
}
