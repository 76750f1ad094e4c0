/** Makes and measures one arm of a comparison: its stages in order, each by the same code as in the loop. */
import { join } from 'node:path';
import type { Arm, Selection, Step } from '../../config/sections/recipe.js';
import { armConfig } from '../../config/arm-config.js';
import { removeOverlap } from '../../dataset/folders/exact-overlap.js';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { sha256 } from '../../hash.js';
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import type { CycleDone } from '../cycle.js';
import { precisionOf } from '../result/sample-precision.js';
import { runStage } from '../parts/run-stage.js';
import type { StageDone } from '../stage.js';
import { measure, type Measured } from './evaluate-arm.js';
import { asWritten } from '../headroom/grpo-prompts.js';
import { grpo } from '../stages/grpo.js';
import { sft } from '../stages/sft.js';
import { runCycles } from '../before-cycles.js';
import type { Trained } from './comparison-result.js';
import { sourcesOf, type Sources } from './arm-sources.js';
import { selectSamples } from './select-samples.js';

export interface ArmDone {
  arm: Arm;
  /** Absolute folder, Hugging Face id or `phantom`. */
  model: string;
  fingerprint: string;
  trained: Trained[];
  measured: StageDone<Measured>;
}

/** What all arms have in common. */
export interface Shared {
  /** The run as the configuration says, without an arm's own settings. */
  run: RunContext;
  sources: Sources;
  /** Fingerprint of the prepared data. */
  prepared: string;
  /** Arms that are done, by name. */
  done: ReadonlyMap<string, ArmDone>;
}

interface Model {
  path: string;
  fingerprint: string;
  trained: Trained[];
}

export async function runArm(shared: Shared, arm: Arm): Promise<ArmDone> {
  const own = Object.keys(arm.set).length > 0;
  const run: RunContext = { ...shared.run, arm: arm.name, config: armConfig(shared.run.config, arm) };
  // Stages before the training are every arm's, unless it has settings of its own.
  const sources = own ? sourcesOf(run, shared.prepared) : shared.sources;
  let model = await startOf(shared, arm, run);
  for (const step of arm.stages) model = await runStep(run, step, model, sources);
  const measured = await runStage(run, measure(run, { model: model.path, from: [shared.prepared, model.fingerprint] }));
  return { arm, model: model.path, fingerprint: model.fingerprint, trained: model.trained, measured };
}

async function startOf({ done }: Shared, { after, model }: Arm, { config, models }: RunContext): Promise<Model> {
  const earlier = after === undefined ? undefined : done.get(after);
  if (earlier !== undefined)
    return { path: earlier.model, fingerprint: earlier.fingerprint, trained: [...earlier.trained] };
  const path = model ?? config.policy.base;
  return { path, fingerprint: await models.of(path), trained: [] };
}

async function runStep(run: RunContext, step: Step, model: Model, sources: Sources): Promise<Model> {
  if (step.stage === 'loop') return runLoopStep(run, step, model, sources);
  const { samples, from } = await choose(run, step.stage, step.data, sources);
  const training = { cycle: 1, model: model.path };
  const trained = [...model.trained, trainedOn(run, step.stage, samples)];
  if (step.stage === 'sft') {
    const stage = await runStage(run, sft(run, { ...training, samples, from: [...from, model.fingerprint] }));
    return { path: join(stage.dir, stage.output.checkpoint), fingerprint: stage.fingerprint, trained };
  }
  const rewardModel = step.rewards === 'medgr2' ? (await sources.state()).rewardModel : null;
  const stage = await runStage(
    run,
    grpo(run, {
      ...training,
      prompts: asWritten(samples),
      rewards: step.rewards,
      rewardModel: rewardModel?.path ?? null,
      from: [model.fingerprint, ...from, ...(rewardModel === null ? [] : [rewardModel.fingerprint])],
    }),
  );
  return { path: join(stage.dir, stage.output.checkpoint), fingerprint: stage.fingerprint, trained };
}

/** Samples of a stage, and what they came from; which they are is part of it. */
async function choose(
  run: RunContext,
  stage: string,
  selection: Selection,
  sources: Sources,
): Promise<{ samples: Sample[]; from: string[] }> {
  const needsScores = selection.from === 'accepted' || selection.take === 'top';
  const source =
    selection.from === 'seed'
      ? { samples: run.data.seed, fingerprint: sources.prepared }
      : needsScores
        ? await sources.scored()
        : await sources.candidates();
  const tau = selection.from === 'accepted' ? (await sources.state()).rewardModel.report.tau : null;
  const where = `the ${stage} stage of ${run.arm ?? 'the recipe'}`;
  const samples = selectSamples({ selection, samples: source.samples, tau, seed: run.config.seed, where });
  return { samples, from: [source.fingerprint, sha256(JSON.stringify([selection, tau]))] };
}

/** The whole loop within an arm; its model is the policy that goes on, and what it learned from is the D_gen of the cycle that made it. */
async function runLoopStep(
  run: RunContext,
  { cycles }: Extract<Step, { stage: 'loop' }>,
  model: Model,
  sources: Sources,
): Promise<Model> {
  const config = { ...run.config, cycles: cycles ?? run.config.cycles };
  const state = await sources.state();
  let last: CycleDone | null = null;
  let by: CycleDone | null = null;
  const policy = { path: model.path, fingerprint: model.fingerprint };
  const start = { ...policy, name: 'start', measured: null };
  await runCycles({ ...run, config }, { ...state, policy, promoted: start }, (done) => {
    last = done;
    if ([done.sft.path, done.grpo.path].includes(done.promoted.path)) by = done;
  });
  if (last === null) return model;
  const { promoted } = last as CycleDone;
  if (by === null) return { ...model, path: promoted.path, fingerprint: promoted.fingerprint };
  const dataset = await readSamples(join((by as CycleDone).filter.dir, 'd-gen.parquet'));
  return {
    path: promoted.path,
    fingerprint: promoted.fingerprint,
    trained: [...model.trained, trainedOn(run, 'loop', removeOverlap(dataset, []).kept)],
  };
}

function trainedOn(run: RunContext, stage: string, samples: readonly Sample[]): Trained {
  const counts = (key: (sample: Sample) => string): Record<string, number> =>
    Object.fromEntries([...Map.groupBy(samples, key)].sort().map(([name, group]) => [name, group.length]));
  return {
    stage,
    samples: samples.length,
    precision: precisionOf(run.data, samples),
    byModality: counts(({ modality }) => modality),
    byQuestionType: counts(({ questionType }) => questionType),
  };
}
