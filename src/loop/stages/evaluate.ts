/** Measures a policy on the held-out test questions. */
import { z } from 'zod';
import { evaluatePolicy } from '../../evaluation/answer-questions.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage } from '../stage.js';

const group = z.record(z.string(), z.object({ n: z.int(), correct: z.int(), accuracy: z.number() }).loose());
export const evaluateOutputSchema = z
  .object({
    n: z.int(),
    correct: z.int(),
    unparsed: z.int(),
    accuracy: z.number(),
    byModality: group,
    byQuestionType: group,
  })
  .loose();
export type EvaluateOutput = z.output<typeof evaluateOutputSchema>;

export interface Evaluating {
  cycle: number;
  name: 'evaluate-base' | 'evaluate-sft' | 'evaluate-grpo';
  model: string;
  from: readonly string[];
}

export function evaluate(run: RunContext, { cycle, name, model, from }: Evaluating): Stage<EvaluateOutput> {
  const { config, data } = run;
  const { maxNewTokens, likelihoods, reasoning, reading } = config.evaluation;
  return {
    cycle,
    name,
    inputs: {
      from,
      model: cycle === 0 ? model : null,
      policy: config.policy,
      maxNewTokens,
      ...(likelihoods === 'none' ? {} : { likelihoods, reasoning }),
      ...(reading === 'ours' ? {} : { reading }),
    },
    partial: 'over',
    output: evaluateOutputSchema,
    metrics: ({ accuracy, n, unparsed }) => ({ accuracy, questions: n, unparsed }),
    detail: ({ byModality, byQuestionType }) => ({
      kind: 'evaluation',
      byModality: counts(byModality),
      byQuestionType: counts(byQuestionType),
    }),
    run: async (context) =>
      // The test split is never empty, so every accuracy is a number.
      evaluateOutputSchema.parse(
        await evaluatePolicy({
          config,
          model,
          samples: data.test,
          dir: context.dir,
          seed: stageSeed(run, cycle, name),
          rows: rowOptions(run),
          complete: (spec) => runJob(context, spec),
          evaluate: (spec) => runJob(context, spec),
        }),
      ),
  };
}

const counts = (groups: EvaluateOutput['byModality']): Record<string, { n: number; correct: number }> =>
  Object.fromEntries(Object.entries(groups).map(([name, { n, correct }]) => [name, { n, correct }]));
