/** Where a cycle is watched: what each stage left goes to the detectors that look at it. Each says whether to roll back. */
import { join } from 'node:path';
import { pairedDifference } from '../../evaluation/paired-difference.js';
import { clusterOf } from '../../dataset/sources/data-source.js';
import type { Sample } from '../../sample.js';
import { stageKey } from '../folder/ledger.js';
import { runFiles } from '../folder/run-folder.js';
import type { RunContext } from '../run-context.js';
import type { StageDone } from '../stage.js';
import type { EvaluateOutput } from '../stages/evaluate.js';
import type { FilterOutput } from '../stages/filter.js';
import type { RewardReportOutput } from '../stages/reward-report.js';
import { answerBias, generatedPlaces } from './answer-bias.js';
import { acceptanceFallen, modalityDrift, oneTemplate, repeated } from './dataset-guards.js';
import { grpoCourses } from './grpo-course.js';
import { readGold } from './measure-gold.js';
import { collapsed, overOptimised, unreadAnswers, type GrpoCourse } from './policy-guards.js';
import { failedProbes, uselessRewardModel } from './reward-model-guards.js';
import { watch } from './watch.js';

/** Right after its report: before a generator is paid and a policy trained by it. */
export function watchRewardModel(
  run: RunContext,
  cycle: number,
  report: RewardReportOutput,
  stage: 'reward-report' | 'verdict-reward-report' = 'reward-report',
): boolean {
  const { threshold } = run.config.filter;
  const wanted = typeof threshold === 'number' ? null : threshold.precision;
  const found = [uselessRewardModel({ ...report, wanted }), failedProbes(report.probes ?? {})];
  // Nothing goes on from one that was not let through: it is told, and ends or undoes nothing.
  const refused = (report.promotion?.refused.length ?? 0) > 0;
  const told = refused ? found.map((one) => one && { ...one, message: `${one.message} (${notLetThrough})` }) : found;
  return watch(run, { cycle, stage }, told, refused);
}

const notLetThrough = 'it was not let through: the one before goes on';

export interface FilteredCycle {
  cycle: number;
  scored: readonly Sample[];
  accepted: readonly Sample[];
  output: FilterOutput;
  /** Of the cycle before; null in the first. */
  before: FilterOutput | null;
}

/** Before D_gen is learned from. */
export function watchFiltered(run: RunContext, { cycle, scored, accepted, output, before }: FilteredCycle): boolean {
  return watch(run, { cycle, stage: 'filter' }, [
    acceptanceFallen(before, output),
    answerBias('the generator', generatedPlaces(scored, run.data.seed), 'be usual'),
    oneTemplate(scored, run.data.seed),
    repeated(output),
    modalityDrift(scored, accepted),
  ]);
}

type Measured = Pick<StageDone<EvaluateOutput>, 'dir' | 'output'>;

export interface MeasuredStage {
  cycle: number;
  name: 'evaluate-sft' | 'evaluate-grpo';
  stage: Measured;
  /** Of the policy that it was made from in this cycle; null for SFT's. */
  earlier: Measured | null;
}

/** Before anything more is trained on from the policy. */
export async function watchMeasured(run: RunContext, { cycle, name, stage, earlier }: MeasuredStage): Promise<boolean> {
  const { gold } = stage.output;
  const who = `the policy after ${name === 'evaluate-sft' ? 'SFT' : 'GRPO'}`;
  return watch(run, { cycle, stage: name }, [
    gold && unreadAnswers(who, gold),
    gold && answerBias(who, gold.places),
    ...(earlier === null
      ? []
      : [await overOptimisation(run, earlier, stage), ...collapsed(courseOf(run, cycle), earlier.output.gold, gold)]),
  ]);
}

const courseOf = ({ runDir, arm }: RunContext, cycle: number): GrpoCourse =>
  grpoCourses(join(runDir, runFiles.events)).get(stageKey(cycle, 'grpo', arm)) ?? unknownCourse;

const unknownCourse: GrpoCourse = { deadGroups: null, entropy: null };

async function overOptimisation(run: RunContext, sft: Measured, grpo: Measured) {
  if ((sft.output.gold?.reward ?? null) === null || (grpo.output.gold?.reward ?? null) === null) return null;
  const [before, after] = [await readGold(sft.dir, true), await readGold(grpo.dir, true)];
  const clusters = (run.gold?.samples ?? []).map(({ imageHash }) => clusterOf(run.data, imageHash));
  const answers = pairedDifference(
    before.answers.map(({ correct }, index) => ({
      first: correct,
      second: after.answers[index]?.correct === true,
      cluster: clusters[index] ?? '',
    })),
  );
  return overOptimised({ before: before.rewards, after: after.rewards, clusters, answers });
}
