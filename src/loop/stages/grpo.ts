/** The stage `grpo`: GRPO of the policy π_ψ with the reward model and the answer match. */
import { join, relative } from 'node:path';
import { answerRewards, rewardSpec } from '../../bridge/jobs/answer-rewards.js';
import { writeParquet } from '../../dataset/tables/table.js';
import { checkGrpoRows } from '../../job-spec/checks/enough-rows.js';
import { promptRow, rowColumns } from '../../job-spec/rows/job-rows.js';
import { grpoSpec } from '../../job-spec/spec-from-config.js';
import { responseFormatOf } from '../../prompts/policy-prompt.js';
import { seededRandom } from '../../random.js';
import { compositeRewards, type RuleOptions, ruleRewards } from '../../reward/composite-rewards.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage } from '../stage.js';
import type { PolicyTraining } from './sft.js';
import { trainMetrics, type TrainOutput, trainOutputSchema } from './train-by-sft.js';

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
