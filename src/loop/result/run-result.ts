/** result.json: what a run came to, in one file that scripts can read. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { headroomSchema } from '../../evaluation/sampled/headroom-verdict.js';
import type { RunContext } from '../run-context.js';
import type { CycleDone } from '../cycle.js';
import type { StageDone } from '../stage.js';
import { stageNames, type StageName } from '../run-events.js';
import type { EvaluateOutput } from '../stages/evaluate.js';
import type { RewardReportOutput } from '../stages/reward-report.js';
import { alarmSchema, promotionSchema } from '../guards/alarm.js';
import { judgeFiguresSchema } from '../judge/judge-figures.js';
import { goldFiguresSchema } from '../guards/gold-figures.js';
import { policyComparisonSchema } from './policy-comparison.js';
import { deadGroupsOf, loopWarnings } from './result-warnings.js';
import { reviewOrNull, reviewSummarySchema } from '../review/review-summary.js';
import { verdictsOutputSchema } from '../review/verdicts-stage.js';
import { runFiles, toRun } from '../folder/run-folder.js';

const share = z.number().nullable();
const rewardModelSchema = z.object({
  mae: share,
  /** Rank correlation of held-out scores with their grades; null where it is not defined. */
  spearman: share,
  pairwiseAccuracy: share,
  meanByGrade: z.record(z.string(), z.number()),
});

/**
 * What goes on from a cycle, relative to the run folder: the policy and the reward model that the gold set let through, D_gen; a
 * generator that it trained.
 */
const pathsSchema = z.object({
  policy: z.string(),
  rewardModel: z.string(),
  dataset: z.string(),
  generator: z.string().optional(),
});

export const cycleResultSchema = z.object({
  cycle: z.int().positive(),
  candidates: z.int(),
  accepted: z.int(),
  /** Rows of the D_gen that goes on from this cycle: where it was rolled back, as before it. */
  datasetSize: z.int(),
  /** Its hash where verdicts made it another than any filter stage wrote; else left out. */
  datasetHash: z.string().optional(),
  /** Share of samples whose answer is true, before and after the filter; null where the truth is unknown. */
  rawPrecision: share,
  acceptedPrecision: share,
  tau: z.number(),
  /** What a judge said of the candidates, beside R_φ and, where it is known, the truth; left out where none was asked. */
  judge: judgeFiguresSchema.optional(),
  /** The reward model that scored this cycle's candidates, on held-out graded texts. */
  rewardModel: rewardModelSchema,
  /** The one retrained at its end, or null where that was left out. */
  retrainedRewardModel: rewardModelSchema.nullable(),
  accuracy: z.object({ sft: z.number(), grpo: z.number() }),
  /** What held-out trusted questions said before GRPO; null where they were not asked. */
  headroom: headroomSchema.nullable().default(null),
  /** Why GRPO was left out, its figures then being those after SFT; null where it was not. */
  grpoSkipped: z.string().nullable().default(null),
  accuracyByModality: z.object({ sft: z.record(z.string(), z.number()), grpo: z.record(z.string(), z.number()) }),
  accuracyByQuestionType: z.object({ sft: z.record(z.string(), z.number()), grpo: z.record(z.string(), z.number()) }),
  unparsed: z.object({ sft: z.int(), grpo: z.int() }),
  /** The policies on the gold set, and the reward model's report; null without a gold set. */
  gold: z.object({ sft: goldFiguresSchema, grpo: goldFiguresSchema }).nullable().default(null),
  /** Stage whose policy goes on; empty in results of earlier versions, in which GRPO's always did. */
  promotedPolicy: z.string().default(''),
  /** Whether an alarm had the loop go on from what stood before this cycle. */
  rolledBack: z.boolean().default(false),
  /** What the cycle took up of experts' verdicts; null where it took up none. */
  verdicts: verdictsOutputSchema.nullable().default(null),
  /** Seconds per stage. */
  seconds: z.record(z.string(), z.number()),
  paths: pathsSchema,
});
/** Figures of one turn of the loop: counts of samples, shares and accuracies in [0, 1], seconds by stage. */
export type CycleResult = z.output<typeof cycleResultSchema>;

/** The form of a run's result.json. */
export const runResultSchema = z.object({
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  seed: z.int(),
  /** What the data is, and what these figures are no evidence for. */
  notice: z.string(),
  testQuestions: z.int(),
  baseAccuracy: z.number().nullable(),
  baseAccuracyByModality: z.record(z.string(), z.number()),
  cycles: z.array(cycleResultSchema),
  /** Seconds of the stages before the first cycle, and of all stages. */
  seconds: z.record(z.string(), z.number()),
  totalSeconds: z.number(),
  /** Of the last finished cycle, relative to the run folder; null before there is one. */
  paths: pathsSchema.nullable(),
  /** Differences between policies on the same test questions, with interval and test: what is more than chance. */
  comparisons: z.array(policyComparisonSchema).default([]),
  /** What guards found, in order; of a stopped run the last one says why. */
  alarms: z.array(alarmSchema).default([]),
  /** What took the place of what, and what was refused. */
  promotions: z.array(promotionSchema).default([]),
  /** What experts' verdicts said by then; null where nobody had judged anything. */
  review: reviewSummarySchema.nullable().default(null),
  /** What must not be overlooked: alarms and refusals, worse than the base, answers that cannot be read, a reward model that orders nothing, … */
  warnings: z.array(z.string()).default([]),
  /** Why the run ended before its end. */
  error: z.string().nullable(),
});
/** What a run's result.json holds. */
export type RunResult = z.output<typeof runResultSchema>;

export interface RunProgress {
  base: StageDone<EvaluateOutput> | null;
  cycles: CycleDone[];
}

export function buildResult(
  run: Pick<RunContext, 'config' | 'runDir' | 'data' | 'ledger' | 'guardLog'>,
  { base, cycles }: RunProgress,
  status: RunResult['status'],
  error: string | null = null,
): RunResult {
  const done = cycles.map((cycle) => cycleResult(run, cycle));
  const last = done.at(-1);
  const seconds = secondsOf(run, 0);
  const baseAccuracy = base?.output.accuracy ?? null;
  // Events are many: they are read once, at an end.
  const deadGroups = status === 'running' ? new Map() : deadGroupsOf(join(run.runDir, runFiles.events));
  return {
    status,
    seed: run.config.seed,
    notice: run.data.notice,
    testQuestions: run.data.test.length,
    baseAccuracy,
    baseAccuracyByModality: base === null ? {} : accuracies(base.output.byModality),
    cycles: done,
    seconds,
    totalSeconds: sum(seconds) + done.reduce((total, cycle) => total + sum(cycle.seconds), 0),
    paths: last === undefined ? null : { ...last.paths, dataset: runFiles.dataset },
    comparisons: cycles.flatMap(({ comparisons }) => comparisons),
    ...run.guardLog,
    // Between stages nobody waits for them.
    review: status === 'running' ? null : reviewOrNull(run.runDir, undefined, rolledBackOf(done)),
    warnings: loopWarnings(baseAccuracy, done, run.data.test.length, deadGroups, run.guardLog),
    error,
  };
}

const rolledBackOf = (done: readonly CycleResult[]): ReadonlySet<number> =>
  new Set(done.flatMap(({ cycle, rolledBack }) => (rolledBack ? [cycle] : [])));

function cycleResult(run: Pick<RunContext, 'runDir' | 'ledger'>, done: CycleDone): CycleResult {
  const { filter, sft, grpo } = done;
  const { candidates, accepted, rawPrecision, acceptedPrecision, tau, judge } = filter.output;
  const path = (absolute: string): string => relative(run.runDir, absolute);
  return {
    cycle: done.cycle,
    candidates,
    accepted,
    datasetSize: done.dataset.rows,
    ...(done.dataset.hash === null ? {} : { datasetHash: done.dataset.hash }),
    rawPrecision,
    acceptedPrecision,
    tau,
    ...(judge === null ? {} : { judge }),
    rewardModel: rewardQuality(done.rewardModel.report),
    retrainedRewardModel: done.retrained === null ? null : rewardQuality(done.retrained.report),
    accuracy: { sft: sft.evaluation.accuracy, grpo: grpo.evaluation.accuracy },
    headroom: done.headroom,
    grpoSkipped: done.grpoSkipped,
    accuracyByModality: { sft: accuracies(sft.evaluation.byModality), grpo: accuracies(grpo.evaluation.byModality) },
    accuracyByQuestionType: {
      sft: accuracies(sft.evaluation.byQuestionType),
      grpo: accuracies(grpo.evaluation.byQuestionType),
    },
    unparsed: { sft: sft.evaluation.unparsed, grpo: grpo.evaluation.unparsed },
    gold:
      sft.evaluation.gold === null || grpo.evaluation.gold === null
        ? null
        : { sft: sft.evaluation.gold, grpo: grpo.evaluation.gold },
    promotedPolicy: done.promoted.name,
    rolledBack: done.rolledBack,
    verdicts: verdictsOutputSchema.safeParse(run.ledger.find(done.cycle, 'verdicts')?.output).data ?? null,
    seconds: secondsOf(run, done.cycle),
    paths: {
      policy: toRun(run.runDir, done.promoted.path),
      rewardModel: path(done.nextRewardModel.path),
      dataset: done.rolledBack ? runFiles.dataset : path(join(filter.dir, 'd-gen.parquet')),
      ...(done.generator === null ? {} : { generator: path(done.generator) }),
    },
  };
}

function rewardQuality({
  mae,
  spearman,
  pairwiseAccuracy,
  meanByGrade,
}: RewardReportOutput): CycleResult['rewardModel'] {
  return { mae, spearman, pairwiseAccuracy, meanByGrade };
}

function accuracies(groups: Record<string, { accuracy: number }>): Record<string, number> {
  return Object.fromEntries(Object.entries(groups).map(([name, { accuracy }]) => [name, accuracy]));
}

function secondsOf(
  run: Pick<RunContext, 'ledger'>,
  cycle: number,
): Partial<Record<StageName, number>> & Record<string, number> {
  return Object.fromEntries(
    stageNames.flatMap((stage) => {
      const entry = run.ledger.find(cycle, stage);
      return entry === undefined ? [] : [[stage, entry.seconds]];
    }),
  );
}

const sum = (seconds: Record<string, number>): number =>
  Object.values(seconds).reduce((total, value) => total + value, 0);
