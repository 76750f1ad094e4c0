/** A stage that trains a model by SFT: the policy on D_gen, the backbone of R_φ, or a generator of our own. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { writeParquet } from '../../dataset/tables/table.js';
import { checkSftRows } from '../../job-spec/checks/enough-rows.js';
import { rowColumns, type SftRow } from '../../job-spec/rows/job-rows.js';
import { sftSpec, type SftSettings } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import type { StageName } from '../run-events.js';
import { runJob, stageSeed } from '../stage-job.js';
import type { Stage } from '../stage.js';

export const trainOutputSchema = z.object({
  /** Relative to the stage's folder. */
  checkpoint: z.string(),
  rows: z.int(),
  steps: z.int(),
  loss: z.number().nullable(),
  tokens: z.number().nullable(),
});
export type TrainOutput = z.output<typeof trainOutputSchema>;

export interface Supervision {
  cycle: number;
  name: StageName;
  /** Model to start from: absolute folder, Hugging Face id or `phantom`. */
  model: string;
  /** How the model is read and trained. */
  settings: Pick<SftSettings, 'policy' | 'sft'>;
  rows(): readonly SftRow[];
  /** Fingerprints of what the rows are made of, and of the model. */
  from: readonly string[];
}

export function supervise(run: RunContext, supervision: Supervision): Stage<TrainOutput> {
  const { config } = run;
  const { cycle, name, model, settings, from } = supervision;
  return {
    cycle,
    name,
    inputs: { from, seed: config.seed, ...settings },
    partial: 'on',
    output: trainOutputSchema,
    metrics: trainMetrics,
    run: async (context) => {
      const rows = supervision.rows();
      const data = join(context.dir, 'rows.parquet');
      const place = { outDir: context.dir, data, model, seed: stageSeed(run, cycle, name) };
      const spec = sftSpec({ device: config.device, threads: config.threads, ...settings }, place);
      checkSftRows(spec.trl ?? {}, rows.length);
      await writeParquet(data, rows, rowColumns.sft);
      const { steps, loss, tokens, checkpoint } = await runJob(context, spec);
      return { checkpoint: relative(context.dir, checkpoint), rows: rows.length, steps, loss, tokens };
    },
  };
}

export const trainMetrics = ({ rows, steps, loss, tokens }: TrainOutput) => ({ rows, steps, loss, tokens });
