/** The stage `grpo`: GRPO of the policy π_ψ with the reward model and the answer match. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { answerRewards, rewardSpec } from '../../bridge/jobs/answer-rewards.js';
import { checkGrpoRows } from '../../job-spec/checks/enough-rows.js';
import { promptRow } from '../../job-spec/rows/job-rows.js';
import { writeTrusted } from '../../job-spec/rows/trusted-rows.js';
import { grpoSpec } from '../../job-spec/spec-from-config.js';
import type { Config } from '../../config/schema.js';
import { responseFormatOf } from '../../prompts/policy-prompt.js';
import { seededRandom } from '../../random.js';
import { compositeRewards, type RuleOptions, ruleRewards } from '../../reward/composite-rewards.js';
import { identityOf } from '../../config/part.js';
import type { RunContext } from '../run-context.js';
import type { GrpoPrompts } from '../headroom/grpo-prompts.js';
import { rowOptions, runJob, shownSample, stageSeed } from '../stage-job.js';
import { placeOf, type Stage } from '../stage.js';
import type { PolicyTraining } from './sft.js';
import { trainMetrics, trainOutputSchema } from './train-by-sft.js';

export interface GrpoTraining extends Omit<PolicyTraining, 'samples'> {
  prompts: GrpoPrompts;
  /** Absolute folder of R_φ; null for rule rewards, which need none. */
  rewardModel: string | null;
  /** Of which paper; MedGR²'s where left out. */
  rewards?: 'medgr2' | RuleOptions['paper'] | undefined;
  /** Where nothing was learned: one stage of many goes on with the policy as it is and says so; alone, it has failed. */
  deadGroups?: 'fail' | 'warn' | undefined;
}

export function grpo(run: RunContext, training: GrpoTraining): Stage<GrpoOutput> {
  const { config, parts } = run;
  const { cycle, model, prompts, from, rewardModel, rewards: paper = 'medgr2' } = training;
  const { deadGroups = 'warn' } = training;
  return {
    cycle,
    name: 'grpo',
    inputs: {
      from,
      seed: config.seed,
      policy: config.policy,
      grpo: asEver(config.grpo),
      ...(paper === 'medgr2' ? {} : { rewards: paper }),
      ...(parts.rewards.length === 0
        ? {}
        : { ownRewards: parts.rewards.map(({ weight, ...part }) => ({ ...identityOf(part), weight })) }),
    },
    partial: 'on',
    output: grpoOutputSchema,
    metrics: ({ sources, ...trained }) => ({
      ...trainMetrics(trained),
      ...(sources === undefined ? {} : { prompts: sourceWords(sources) }),
    }),
    run: async (context) => {
      const data = join(context.dir, 'rows.parquet');
      const { samples, trusted } = prompts;
      const rows = seededRandom(config.seed, cycle, 'grpo rows')
        .shuffle(samples)
        .map((sample) => promptRow(sample, rowOptions(run)));
      await writeTrusted(data, rows, trusted);
      const format = responseFormatOf(config.policy.instruction);
      const published =
        paper === 'medgr2'
          ? compositeRewards(config.grpo.rewards)
          : ruleRewards({ paper, format, reading: config.grpo.rewards.reading });
      const rewards = [...published, ...parts.rewards];
      const spec = grpoSpec(config, {
        outDir: context.dir,
        data,
        model,
        seed: stageSeed(run, cycle, 'grpo'),
        rewardModel,
        rewards: rewardSpec(rewards),
        deadGroups,
        match: paper === 'medgr2' ? undefined : 'accuracy',
      });
      checkGrpoRows(spec.trl ?? {}, rows.length);
      const byId = new Map(samples.map((sample) => [sample.id, sample]));
      const result = await runJob(context, spec, {
        rewards: answerRewards(rewards, samples, trusted),
        onEvent: (event) => {
          const about = event.type === 'completions' ? byId.get(event.items[0]?.id ?? '') : undefined;
          if (about !== undefined)
            context.emit({ type: 'asked', ...placeOf(context, cycle, 'grpo'), sample: shownSample(about, run.runDir) });
        },
      });
      const { steps, loss, tokens } = result;
      return {
        checkpoint: relative(context.dir, result.checkpoint),
        rows: rows.length,
        steps,
        loss,
        tokens,
        ...(trusted === null ? {} : { sources: prompts.sources }),
      };
    },
  };
}

/** What it asked, where that was not all of what SFT learned. */
const grpoOutputSchema = trainOutputSchema.extend({ sources: z.record(z.string(), z.int()).optional() });
type GrpoOutput = z.output<typeof grpoOutputSchema>;

/** `620 rejected, 400 templates`. */
const sourceWords = (sources: NonNullable<GrpoOutput['sources']>): string =>
  Object.entries(sources)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

/** Settings that came later are left out where they say what was done before them, so that earlier runs continue. */
function asEver({ prompts, fresh, difficulty, when: _, headroom: __, ...earlier }: Config['grpo']): object {
  return {
    ...earlier,
    ...(prompts === 'accepted' ? {} : { prompts, fresh }),
    ...(difficulty === 'all' ? {} : { difficulty }),
  };
}
