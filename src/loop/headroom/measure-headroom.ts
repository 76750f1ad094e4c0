/** The stage `headroom`: held-out trusted questions tell whether GRPO has anything to turn into accuracy, and whether R_φ sees it. */
import { z } from 'zod';
import { sampleAnswers } from '../../evaluation/sampled/sample-answers.js';
import { headroomOf, headroomSchema, headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import { sampledReport, sampledReportSchema } from '../../evaluation/sampled/sampled-report.js';
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage } from '../stage.js';

export const headroomOutputSchema = z.object({ headroom: headroomSchema, report: sampledReportSchema });
export type HeadroomOutput = z.output<typeof headroomOutputSchema>;

export interface HeadroomMeasuring {
  cycle: number;
  /** Absolute folder of the policy after SFT, and of R_φ. */
  model: string;
  rewardModel: string;
  samples: readonly Sample[];
  from: readonly string[];
}

export function measureHeadroom(
  run: RunContext,
  { cycle, model, rewardModel, samples, from }: HeadroomMeasuring,
): Stage<HeadroomOutput> {
  const { config } = run;
  const { samples: drawn, temperature } = config.grpo.headroom;
  const { maxNewTokens, reading } = config.evaluation;
  return {
    cycle,
    name: 'headroom',
    inputs: {
      from,
      seed: config.seed,
      policy: config.policy,
      maxNewTokens,
      reading,
      drawn,
      temperature,
      questions: samples.length,
    },
    partial: 'over',
    output: headroomOutputSchema,
    metrics: ({ headroom }) => ({
      questions: headroom.questions,
      greedy: headroom.greedy,
      [`pass@${headroom.samples}`]: headroom.pass,
      best: headroom.best,
      verdict: headroomWords(headroom),
    }),
    detail: ({ headroom }) => ({ kind: 'headroom', ...headroom }),
    run: async (context) => {
      const { questions } = await sampleAnswers({
        // What the options are worth is no matter here.
        config: { ...config, evaluation: { ...config.evaluation, likelihoods: 'none' } },
        model,
        samples,
        dir: context.dir,
        seed: stageSeed(run, cycle, 'headroom'),
        rows: rowOptions(run),
        drawn: { samples: drawn, temperature },
        evaluate: (spec) => runJob(context, spec),
        judge: { rewardModel, score: (spec) => runJob(context, spec) },
      });
      const report = sampledReport(questions, { seed: config.seed });
      return { headroom: headroomOf(report), report };
    },
  };
}
