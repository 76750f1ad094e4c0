/** Everything before the first cycle: grades, R_φ and the state that the first cycle starts from. */
import { sha256 } from '../hash.js';
import type { RunContext } from './run-context.js';
import { runCycle, trainAndReport, type CycleDone, type LoopState } from './cycle.js';
import type { GeneratorState } from './generator/generator-state.js';
import { outsideGold } from './guards/gold.js';
import { watchRewardModel } from './guards/watch-cycle.js';
import { runStage } from './parts/run-stage.js';
import { takeUpVerdicts, tellVerdictsLeft } from './review/take-up.js';
import type { StageDone } from './stage.js';
import type { EvaluateOutput } from './stages/evaluate.js';
import { grade, readGraded } from './stages/grade.js';
import { rewardBackbone } from './stages/warm-start.js';

/**
 * @param prepared Fingerprint of the prepared data.
 * @param base Where the base was measured; null where it was not.
 */
export async function firstState(
  run: RunContext,
  prepared: string,
  generator: GeneratorState,
  base: Pick<StageDone<EvaluateOutput>, 'dir' | 'output'> | null = null,
): Promise<LoopState> {
  const { config } = run;
  const { includeSeed } = config.dataset;
  const seed = includeSeed ? outsideGold(run.gold, run.data.seed) : [];
  const measured = base === null ? null : { name: 'base', dir: base.dir };
  const policy = { path: config.policy.base, fingerprint: await run.models.of(config.policy.base) };
  return {
    ...(await firstRewardModel(run, prepared)),
    dataset: seed,
    datasetFingerprint: sha256(`${prepared} ${includeSeed}${includeSeed && run.gold !== null ? ' without gold' : ''}`),
    generator,
    preferences: [],
    policy,
    promoted: { ...policy, name: 'base', measured: (base?.output.gold ?? null) === null ? null : (base?.dir ?? null) },
    base: measured,
    measured,
    filtered: null,
    unlearned: { samples: [], from: [] },
  };
}

/**
 * The grades of the trusted samples, R_φ trained on them and measured on the held-out ones.
 * @param from Fingerprint of the trusted samples.
 */
export async function firstRewardModel(
  run: RunContext,
  from: string,
): Promise<Pick<LoopState, 'graded' | 'rewardModel'>> {
  const grading = await runStage(run, grade(run, [from]));
  const graded = { ...(await readGraded(run, grading)), fingerprint: grading.fingerprint };
  const backbone = await rewardBackbone(run, graded);
  const rewardModel = await trainAndReport(run, {
    cycle: 0,
    model: backbone.path,
    graded: graded.train,
    preferences: null,
    heldOut: graded.heldOut,
    from: [grading.fingerprint, ...backbone.from],
  });
  watchRewardModel(run, 0, rewardModel.report);
  return { graded, rewardModel };
}

/** The cycles, one after the other; `told` is called after each. */
export async function runCycles(run: RunContext, first: LoopState, told: (done: CycleDone) => void): Promise<void> {
  let state = first;
  await tellVerdictsLeft(run);
  for (let cycle = 1; cycle <= run.config.cycles; cycle++) {
    const { done, next } = await runCycle(run, cycle, await takeUpVerdicts(run, cycle, state));
    state = next;
    told(done);
  }
}
