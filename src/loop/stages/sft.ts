/** The stages `sft` and `warm-start`: the policy π_ψ learns D_gen, the backbone of R_φ the trusted samples. */
import { sftRow, type SftRow } from '../../job-spec/rows/job-rows.js';
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import { rowOptions } from '../stage-job.js';
import type { Stage } from '../stage.js';
import { supervise, type TrainOutput } from './train-by-sft.js';

export interface PolicyTraining {
  cycle: number;
  /** Model to start from: absolute folder, Hugging Face id or `phantom`. */
  model: string;
  /** D_gen. */
  samples: readonly Sample[];
  /** Fingerprints of D_gen and of the models. */
  from: readonly string[];
}

export function sft(run: RunContext, { samples, ...training }: PolicyTraining): Stage<TrainOutput> {
  const { policy, sft: settings } = run.config;
  return supervise(run, { ...training, name: 'sft', settings: { policy, sft: settings }, rows: rowsOf(run, samples) });
}

/** The backbone of R_φ learns the trusted samples before it learns to grade; by its own adapters, where it has some. */
export function warmStart(run: RunContext, { samples, ...training }: PolicyTraining): Stage<TrainOutput> {
  const { policy, sft: settings, rewardModel } = run.config;
  const { warmStartSteps: maxSteps, lora = policy.lora } = rewardModel;
  const trained = { policy: { ...policy, lora }, sft: { ...settings, maxSteps } };
  return supervise(run, { ...training, name: 'warm-start', settings: trained, rows: rowsOf(run, samples) });
}

const rowsOf = (run: RunContext, samples: readonly Sample[]) => (): SftRow[] =>
  samples.map((sample) => sftRow(sample, rowOptions(run)));
