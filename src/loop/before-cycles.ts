/** Everything before the first cycle: grades, R_φ and the state that the first cycle starts from. */
import { join } from 'node:path';
import { sha256 } from '../hash.js';
import type { RunContext } from './run-context.js';
import { runCycle, trainAndReport, type CycleDone, type LoopState } from './cycle.js';
import type { GeneratorState } from './generator/generator-state.js';
import { runStage } from './stage.js';
import { grade, readGraded } from './stages/grade.js';
import { warmStart } from './stages/sft.js';

/** @param prepared Fingerprint of the prepared data. */
export async function firstState(run: RunContext, prepared: string, generator: GeneratorState): Promise<LoopState> {
  const { config } = run;
  const { includeSeed } = config.dataset;
  return {
    ...(await firstRewardModel(run, prepared)),
    dataset: includeSeed ? run.data.seed : [],
    datasetFingerprint: sha256(`${prepared} ${includeSeed}`),
    generator,
    preferences: [],
    unlearned: { samples: [], from: [] },
    policy: { path: config.policy.base, fingerprint: await run.models.of(config.policy.base) },
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
  return { graded, rewardModel };
}

/** The cycles, one after the other; `told` is called after each. */
export async function runCycles(run: RunContext, first: LoopState, told: (done: CycleDone) => void): Promise<void> {
  let state = first;
  for (let cycle = 1; cycle <= run.config.cycles; cycle++) {
    const { done, next } = await runCycle(run, cycle, state);
    state = next;
    told(done);
  }
}

/** What the first R_φ is made from: its base, or the base after SFT on the trusted samples that its report will not use. */
async function rewardBackbone(
  run: RunContext,
  graded: LoopState['graded'],
): Promise<{ path: string; from: readonly string[] }> {
  const { config, data } = run;
  const base = config.rewardModel.base ?? config.policy.base;
  const content = await run.models.of(base);
  if (config.rewardModel.warmStartSteps === 0) return { path: base, from: [content] };
  const heldOut = new Set(graded.heldOut.map((row) => row.imageHash));
  const samples = data.seed.filter((sample) => !heldOut.has(sample.imageHash));
  const started = await runStage(
    run,
    warmStart(run, { cycle: 0, model: base, samples, from: [graded.fingerprint, content] }),
  );
  return { path: join(started.dir, started.output.checkpoint), from: [started.fingerprint] };
}
