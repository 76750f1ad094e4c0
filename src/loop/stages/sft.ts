/** The stage `sft`: the policy π_ψ learns D_gen. */
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

/** Rows of samples, made when the stage is run. */
export const rowsOf = (run: RunContext, samples: readonly Sample[]) => (): SftRow[] =>
  samples.map((sample) => sftRow(sample, rowOptions(run)));
