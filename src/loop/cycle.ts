/** One turn of the loop (MedGR², Algorithm 1), read from top to bottom: each step is a stage that runs once. */
import { join } from 'node:path';
import type { GradedRow } from '../grading/index.js';
import type { Headroom } from '../evaluation/sampled/headroom-verdict.js';
import type { Sample } from '../sample.js';
import type { RewardRow } from '../job-spec/rows/job-rows.js';
import type { RunContext } from './run-context.js';
import { updateGenerator, type GeneratorState } from './generator/generator-state.js';
import { outsideGold } from './guards/gold.js';
import type { PromotedPolicy } from './guards/measured-policy.js';
import { trainPolicy, type TrainedPolicy } from './guards/train-policy.js';
import { watchFiltered, watchRewardModel } from './guards/watch-cycle.js';
import { unlearnedOf, type Written } from './headroom/unlearned.js';
import { loadRubric } from './judge/load-rubric.js';
import { tellPromotion } from './guards/watch.js';
import type { PolicyComparison } from './result/policy-comparison.js';
import type { ComparedPolicy } from './result/compare-policies.js';
import { runStage } from './parts/run-stage.js';
import type { StageDone } from './stage.js';
import { filter, publishAsBefore, publishDataset, readFiltered, type FilterOutput } from './stages/filter.js';
import { candidateParts, generate } from './stages/generate.js';
import { preferencePrompts, preferences, readPreferences } from './stages/preferences.js';
import { rewardModel as trainRewardModel, type RewardTraining } from './stages/reward-model.js';
import { rewardReport, type RewardReporting, type RewardReportOutput } from './stages/reward-report.js';
import { readScored, score } from './stages/score.js';
import { verdictsOf, verify } from './judge/verify-stage.js';

/** R_φ with what it is worth. */
export interface RewardModelState {
  /** Absolute folder. */
  path: string;
  version: string;
  report: RewardReportOutput;
  /** Absolute folder of the report. */
  reportDir: string;
  /** Of training and report. */
  fingerprint: string;
}

/** What one cycle hands to the next. */
export interface LoopState {
  rewardModel: RewardModelState;
  /** D_gen. */
  dataset: Sample[];
  datasetFingerprint: string;
  generator: GeneratorState;
  /** Preferences of the cycles so far. */
  preferences: RewardRow[];
  /** Model that SFT starts from in the next cycle. */
  policy: { path: string; fingerprint: string };
  /** The policy that goes on: the newest that the gold set let through. */
  promoted: PromotedPolicy;
  /** The policy before any training, with the folder in which it was measured; null where it was not. */
  base: ComparedPolicy | null;
  /** Newest policy that was measured on the test questions, with the folder of that; null where none was. */
  measured: ComparedPolicy | null;
  /** Of the cycle before; null in the first. */
  filtered: StageDone<FilterOutput> | null;
  graded: { train: GradedRow[]; heldOut: GradedRow[]; fingerprint: string };
  /** What generators wrote so far and D_gen did not take: questions that SFT has not learned. */
  unlearned: Written;
}

export interface CycleDone {
  cycle: number;
  filter: StageDone<FilterOutput>;
  sft: TrainedPolicy;
  /** Where GRPO was left out: the policy as SFT left it. */
  grpo: TrainedPolicy;
  /** What held-out questions said before GRPO; null where they were not asked. */
  headroom: Headroom | null;
  /** Why GRPO was left out; null where it was not. */
  grpoSkipped: string | null;
  promoted: PromotedPolicy;
  comparisons: PolicyComparison[];
  /** Whether an alarm had the loop go on from what stood before this cycle. */
  rolledBack: boolean;
  /** Rows of the D_gen that goes on; its hash where it is none that a filter stage wrote. */
  dataset: { rows: number; hash: string | null };
  /** The reward model that scored and rewarded in this cycle. */
  rewardModel: RewardModelState;
  retrained: RewardModelState | null;
  /** The one that goes on. */
  nextRewardModel: RewardModelState;
  /** Absolute folder of the generator after this cycle, where it was fine-tuned. */
  generator: string | null;
}

export async function runCycle(
  run: RunContext,
  cycle: number,
  state: LoopState,
): Promise<{ done: CycleDone; next: LoopState }> {
  const { rewardModel, graded } = state;
  const generated = await runStage(
    run,
    generate(run, { cycle, generator: state.generator, from: [state.generator.fingerprint] }),
  );
  const candidates = candidateParts(run, generated);
  const scoredStage = await runStage(
    run,
    score(run, { cycle, candidates, rewardModel, from: [generated.fingerprint, rewardModel.fingerprint] }),
  );
  const scored = await readScored(run, scoredStage);

  const judged = run.config.verify.enabled
    ? await runStage(
        run,
        verify(run, { cycle, candidates: scored, rubric: await loadRubric(run.config.verify.rubric) }),
      )
    : null;

  const { tau } = rewardModel.report;
  const filtered = await runStage(
    run,
    filter(run, {
      cycle,
      scored,
      tau,
      verdicts: judged === null ? null : await verdictsOf(judged),
      dataset: state.dataset,
      from: [scoredStage.fingerprint, ...(judged === null ? [] : [judged.fingerprint]), state.datasetFingerprint],
    }),
  );
  const { accepted, dataset } = await readFiltered(run, filtered);
  const before = state.filtered?.output ?? null;
  const spoilt = watchFiltered(run, { cycle, scored, accepted, output: filtered.output, before });
  await publishDataset(run, cycle, filtered);

  const unlearned = unlearnedOf(state.unlearned, scored, dataset, scoredStage.fingerprint);
  const policy = await trainPolicy(run, cycle, { ...state, unlearned }, { dataset, from: filtered.fingerprint });
  const isLast = cycle === run.config.cycles;
  const evolved =
    isLast && !run.config.rewardModel.retrainAfterLast
      ? null
      : await evolve(run, cycle, { state, policy: policy.promoted, dataset, from: filtered.fingerprint });

  const generator = await updateGenerator(run, state.generator, { cycle, accepted, from: filtered.fingerprint });
  const rolledBack = spoilt || policy.spoilt || evolved?.spoilt === true;
  const hash = rolledBack ? await publishAsBefore(run, cycle, state) : null;
  const starts = run.config.policy.start === 'previous' ? policy.promoted : state.policy;
  const next: LoopState = {
    rewardModel: evolved?.next ?? rewardModel,
    dataset,
    datasetFingerprint: filtered.fingerprint,
    generator,
    preferences: evolved?.preferences ?? state.preferences,
    policy: { path: starts.path, fingerprint: starts.fingerprint },
    promoted: policy.promoted,
    base: state.base,
    measured: policy.measured,
    filtered,
    graded,
    unlearned,
  };
  return {
    done: {
      cycle,
      filter: filtered,
      sft: policy.sft,
      grpo: policy.grpo,
      headroom: policy.headroom,
      grpoSkipped: policy.grpoSkipped,
      promoted: rolledBack ? state.promoted : policy.promoted,
      comparisons: policy.comparisons,
      rolledBack,
      dataset: { rows: (rolledBack ? state.dataset : dataset).length, hash },
      rewardModel,
      retrained: evolved?.rewardModel ?? null,
      nextRewardModel: rolledBack ? rewardModel : next.rewardModel,
      generator: (rolledBack ? state : next).generator.trained?.path ?? null,
    },
    // What was measured is known all the same.
    next: rolledBack ? { ...state, measured: policy.measured } : next,
  };
}

interface Evolution {
  state: LoopState;
  policy: { path: string; fingerprint: string };
  dataset: readonly Sample[];
  /** Fingerprint of D_gen. */
  from: string;
}

/** Preferences of the policy sharpen R_φ. */
async function evolve(run: RunContext, cycle: number, { state, policy, dataset, from }: Evolution) {
  const { graded, rewardModel } = state;
  const heldOut = new Set(graded.heldOut.map((row) => row.imageHash));
  const seed = outsideGold(run.gold, run.data.seed);
  const samples = preferencePrompts(run.config, cycle, { dataset, seed, heldOut });
  const sampled = await runStage(
    run,
    preferences(run, { cycle, model: policy.path, samples, from: [policy.fingerprint, from] }),
  );
  const fresh = await readPreferences(run, sampled);
  const retrained = await trainAndReport(run, {
    cycle,
    model: rewardModel.path,
    graded: graded.train,
    preferences: { fresh, earlier: state.preferences },
    heldOut: graded.heldOut,
    before: rewardModel,
    from: [sampled.fingerprint, rewardModel.fingerprint, graded.fingerprint],
  });
  const { promotion } = retrained.report;
  tellPromotion(run, promotion);
  const refused = promotion !== null && promotion.promoted !== retrained.version;
  return {
    rewardModel: retrained,
    next: refused ? rewardModel : retrained,
    preferences: [...state.preferences, ...fresh],
    spoilt: watchRewardModel(run, cycle, retrained.report),
  };
}

/** Trains R_φ, then measures it on held-out graded texts, which also sets τ. */
export async function trainAndReport(
  run: RunContext,
  {
    heldOut,
    before = null,
    stages,
    ...training
  }: Omit<RewardTraining, 'name'> & {
    heldOut: readonly GradedRow[];
    /** Whose place it would take. */
    before?: RewardModelState | null;
    /** Names of the two stages where they are not the usual ones. */
    stages?: { training: RewardTraining['name']; report: RewardReporting['name'] };
  },
): Promise<RewardModelState> {
  const { cycle } = training;
  const trained = await runStage(run, trainRewardModel(run, { ...training, name: stages?.training }));
  const { checkpoint, version } = trained.output;
  const path = join(trained.dir, checkpoint);
  const report = await runStage(
    run,
    rewardReport(run, {
      cycle,
      rewardModel: { path, version },
      heldOut,
      before: before === null ? null : { version: before.version, report: before.reportDir },
      from: [trained.fingerprint, ...training.from],
      name: stages?.report,
    }),
  );
  return { path, version, report: report.output, reportDir: report.dir, fingerprint: report.fingerprint };
}
