/** The two training stages of the policy π_ψ: SFT on D_gen, then GRPO with the reward model and the answer match. */
import { join, relative } from 'node:path';
import { writeParquet } from '../../dataset/tables/table.js';
import { seededRandom } from '../../random.js';
import { responseFormatOf } from '../../prompts/policy-prompt.js';
import { compositeRewards, ruleRewards, type RuleOptions } from '../../reward/composite-rewards.js';
import type { Sample } from '../../sample.js';
import { checkGrpoRows } from '../../job-spec/checks/enough-rows.js';
import { promptRow, rowColumns, sftRow, type SftRow } from '../../job-spec/rows/job-rows.js';
import { grpoSpec } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import { answerRewards, rewardSpec } from '../../bridge/jobs/answer-rewards.js';
import type { Stage } from '../stage.js';
import { supervise, trainMetrics, trainOutputSchema, type TrainOutput } from './train-by-sft.js';

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

export interface GrpoTraining extends PolicyTraining {
  /** Absolute folder of R_φ; null for rule rewards, which need none. */
  rewardModel: string | null;
  /** Of which paper; MedGR²'s where left out. */
  rewards?: 'medgr2' | RuleOptions['paper'] | undefined;
  /** Where nothing was learned: one stage of many goes on with the policy as it is and says so; alone, it has failed. */
  deadGroups?: 'fail' | 'warn' | undefined;
}

export function grpo(run: RunContext, training: GrpoTraining): Stage<TrainOutput> {
  const { config } = run;
  const { cycle, model, samples, from, rewardModel, rewards: paper = 'medgr2' } = training;
  const { deadGroups = 'warn' } = training;
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
      const rewards =
        paper === 'medgr2'
          ? compositeRewards(config.grpo.rewards)
          : ruleRewards({ paper, format, reading: config.grpo.rewards.reading });
      const spec = grpoSpec(config, {
        outDir: context.dir,
        data,
        model,
        seed: stageSeed(run, cycle, 'grpo'),
        rewardModel,
        rewards: rewardSpec(rewards),
        deadGroups,
      });
      checkGrpoRows(spec.trl ?? {}, rows.length);
      const result = await runJob(context, spec, { rewards: answerRewards(rewards, samples) });
      const { steps, loss, tokens } = result;
      return { checkpoint: relative(context.dir, result.checkpoint), rows: rows.length, steps, loss, tokens };
    },
  };
}
