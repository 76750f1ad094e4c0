/**
 * The stage `warm-start`: the backbone of R_φ learns the trusted samples, but for those that R_φ's report is made of, before
 * it learns to grade.
 */
import { join } from 'node:path';
import type { GradedRow } from '../../grading/index.js';
import type { RunContext } from '../run-context.js';
import { runStage } from '../parts/run-stage.js';
import type { Stage } from '../stage.js';
import { rowsOf, type PolicyTraining } from './sft.js';
import { supervise, type TrainOutput } from './train-by-sft.js';

interface Graded {
  heldOut: readonly GradedRow[];
  /** Of the grades. */
  fingerprint: string;
}

/** What the first R_φ is made from: its base, or the base after SFT on the trusted samples that its report will not use. */
export async function rewardBackbone(
  run: RunContext,
  graded: Graded,
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

/** By adapters of its own, where the reward model has some. */
function warmStart(run: RunContext, { samples, ...training }: PolicyTraining): Stage<TrainOutput> {
  const { policy, sft: settings, rewardModel } = run.config;
  const { warmStartSteps: maxSteps, lora = policy.lora } = rewardModel;
  const trained = { policy: { ...policy, lora }, sft: { ...settings, maxSteps } };
  return supervise(run, { ...training, name: 'warm-start', settings: trained, rows: rowsOf(run, samples) });
}
