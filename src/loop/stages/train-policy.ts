/** The two training stages of the policy π_ψ: SFT on D_gen, then GRPO with the reward model and the answer match. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { writeParquet } from '../../dataset/table.js';
import { seededRandom } from '../../random.js';
import type { Config } from '../../config/schema.js';
import { responseFormatOf } from '../../prompts/render.js';
import { compositeRewards, ruleRewards, type RuleOptions } from '../../reward/composite.js';
import type { Sample } from '../../sample.js';
import { checkGrpoRows, checkSftRows } from '../../training/checks.js';
import { promptRow, rowColumns, sftRow } from '../../training/rows.js';
import { grpoSpec, sftSpec } from '../../training/specs.js';
import type { RunContext } from '../context.js';
import { rowOptions, runJob, stageSeed } from '../jobs.js';
import { answerRewards, rewardSpec } from '../../bridge/rewards.js';
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

export interface PolicyTraining {
  cycle: number;
  /** Model to start from: absolute folder, Hugging Face id or `phantom`. */
  model: string;
  /** D_gen. */
  samples: readonly Sample[];
  /** Fingerprints of D_gen and of the models. */
  from: readonly string[];
}

export function sft(run: RunContext, training: PolicyTraining): Stage<TrainOutput> {
  return supervise(run, run.config, 'sft', training);
}

/** The backbone of R_φ learns the trusted samples before it learns to grade; by its own adapters, where it has some. */
export function warmStart(run: RunContext, training: PolicyTraining): Stage<TrainOutput> {
  const { config } = run;
  const { warmStartSteps: maxSteps, lora = config.policy.lora } = config.rewardModel;
  const policy = { ...config.policy, ...(lora === undefined ? {} : { lora }) };
  return supervise(run, { ...config, policy, sft: { ...config.sft, maxSteps } }, 'warm-start', training);
}

function supervise(
  run: RunContext,
  config: Config,
  name: 'sft' | 'warm-start',
  { cycle, model, samples, from }: PolicyTraining,
): Stage<TrainOutput> {
  return {
    cycle,
    name,
    inputs: { from, seed: config.seed, policy: config.policy, sft: config.sft },
    partial: 'on',
    output: trainOutputSchema,
    metrics: trainMetrics,
    run: async (context) => {
      const data = join(context.dir, 'rows.parquet');
      const spec = sftSpec(config, { outDir: context.dir, data, model, seed: stageSeed(run, cycle, name) });
      checkSftRows(spec.trl ?? {}, samples.length);
      await writeParquet(
        data,
        samples.map((sample) => sftRow(sample, rowOptions(run))),
        rowColumns.sft,
      );
      const result = await runJob(context, spec);
      const { steps, loss, tokens } = result;
      return { checkpoint: relative(context.dir, result.checkpoint), rows: samples.length, steps, loss, tokens };
    },
  };
}

export interface GrpoTraining extends PolicyTraining {
  /** Absolute folder of R_φ; null for rule rewards, which need none. */
  rewardModel: string | null;
  /** Of which paper; MedGR²'s where left out. */
  rewards?: 'medgr2' | RuleOptions['paper'] | undefined;
}

export function grpo(run: RunContext, training: GrpoTraining): Stage<TrainOutput> {
  const { config } = run;
  const { cycle, model, samples, from, rewardModel, rewards: paper = 'medgr2' } = training;
  return {
    cycle,
    name: 'grpo',
    inputs: {
      from,
      seed: config.seed,
      policy: config.policy,
      grpo: config.grpo,
      ...(paper === 'medgr2' ? {} : { rewards: paper }),
    },
    partial: 'on',
    output: trainOutputSchema,
    metrics: trainMetrics,
    run: async (context) => {
      const data = join(context.dir, 'rows.parquet');
      const rows = seededRandom(config.seed, cycle, 'grpo rows')
        .shuffle(samples)
        .map((sample) => promptRow(sample, rowOptions(run)));
      await writeParquet(data, rows, rowColumns.prompt);
      const format = responseFormatOf(config.policy.instruction);
      const rewards = paper === 'medgr2' ? compositeRewards(config.grpo.rewards) : ruleRewards({ paper, format });
      const spec = grpoSpec(config, {
        outDir: context.dir,
        data,
        model,
        seed: stageSeed(run, cycle, 'grpo'),
        rewardModel,
        rewards: rewardSpec(rewards),
      });
      checkGrpoRows(spec.trl ?? {}, rows.length);
      const result = await runJob(context, spec, { rewards: answerRewards(rewards, samples) });
      const { steps, loss, tokens } = result;
      return { checkpoint: relative(context.dir, result.checkpoint), rows: rows.length, steps, loss, tokens };
    },
  };
}

const trainMetrics = ({ rows, steps, loss, tokens }: TrainOutput) => ({ rows, steps, loss, tokens });
