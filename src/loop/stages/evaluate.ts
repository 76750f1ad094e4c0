/** Measures a policy on the held-out test questions and on the gold set, by which it takes the place of the one before or not. */
import { join } from 'node:path';
import { z } from 'zod';
import { evaluatePolicy } from '../../evaluation/answer-questions.js';
import { promotionSchema } from '../guards/alarm.js';
import { goldFiguresSchema } from '../guards/gold-figures.js';
import { measureGold, readGold } from '../guards/measure-gold.js';
import { promotePolicy, type Contender } from '../guards/promotion.js';
import { identityOf } from '../../config/part.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import { stageKey } from '../folder/ledger.js';
import { placeOf, type Stage, type StageContext } from '../stage.js';
import { shownAnswers } from '../result/shown-answers.js';
import { clusterOf } from '../../dataset/sources/data-source.js';

const group = z.record(z.string(), z.object({ n: z.int(), correct: z.int(), accuracy: z.number() }).loose());
export const evaluateOutputSchema = z
  .object({
    n: z.int(),
    correct: z.int(),
    unparsed: z.int(),
    accuracy: z.number(),
    byModality: group,
    byQuestionType: group,
    /** Null without a gold set, and in runs made before there were any. */
    gold: goldFiguresSchema.nullable().default(null),
    /** Which policy goes on, if nothing follows in this cycle. */
    promotion: promotionSchema.nullable().default(null),
  })
  .loose();
export type EvaluateOutput = z.output<typeof evaluateOutputSchema>;

export interface Evaluating {
  cycle: number;
  name: 'evaluate-base' | 'evaluate-sft' | 'evaluate-grpo';
  model: string;
  from: readonly string[];
  /** Absolute folder of R_φ, which is asked what it thinks of the answers to the gold set. */
  rewardModel?: string | undefined;
  /** The policy that went on from the cycle before, and those of this one that were measured; this one stands against them. */
  against?: { before: MeasuredPolicy; made: readonly MeasuredPolicy[]; name: string } | undefined;
}

/** By the stage that made it, and the folder of the stage that measured it; null where none did. */
export interface MeasuredPolicy {
  name: string;
  measured: string | null;
}

export function evaluate(run: RunContext, evaluating: Evaluating): Stage<EvaluateOutput> {
  const { cycle, name, model, from, rewardModel = null, against } = evaluating;
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
      ...(run.parts.evaluator === null ? {} : { evaluator: identityOf(run.parts.evaluator) }),
    },
    partial: 'over',
    output: evaluateOutputSchema,
    metrics: ({ accuracy, n, unparsed }) => ({ accuracy, questions: n, unparsed }),
    detail: ({ byModality, byQuestionType }) => ({
      kind: 'evaluation',
      byModality: counts(byModality),
      byQuestionType: counts(byQuestionType),
    }),
    run: async (context) => {
      const measured = await evaluatePolicy({
        config,
        model,
        samples: data.test,
        dir: context.dir,
        seed: stageSeed(run, cycle, name),
        rows: rowOptions(run),
        evaluator: run.parts.evaluator ?? undefined,
        signal: context.signal,
        complete: (spec) => runJob(context, spec),
        evaluate: (spec) => runJob(context, spec),
      });
      if (cycle > 0) {
        const items = await shownAnswers(
          { ...run, test: data.test },
          join(run.runDir, stageKey(0, 'evaluate-base', run.arm)),
          context.dir,
        );
        if (items.length > 0) context.emit({ type: 'answers', ...placeOf(context, cycle, name), items });
      }
      const gold = await measureGold(context, { model, rewardModel });
      const promotion = against === undefined || gold === null ? null : await promote(context, against);
      // The test split is never empty, so every accuracy is a number.
      return evaluateOutputSchema.parse({ ...measured, gold, promotion });
    },
  };
}

/** What the stage has just measured against what was measured before. */
async function promote(context: StageContext, { before, made, name }: NonNullable<Evaluating['against']>) {
  const { gold, cycle, config, data, dir } = context;
  if (gold === null || !config.guards.promotion) return null;
  const contender = async (policy: MeasuredPolicy): Promise<Contender> => ({
    name: policy.name,
    // By their place: ids of a person's own samples need not be their own.
    answers:
      policy.measured === null
        ? null
        : (await readGold(policy.measured, false)).answers.map((answer, index) => ({ ...answer, id: String(index) })),
  });
  return promotePolicy({
    cycle,
    before: await contender(before),
    made: await Promise.all([...made, { name, measured: dir }].map(contender)),
    clusterOf: (index) => clusterOf(data, gold.samples[Number(index)]?.imageHash ?? index),
  });
}

const counts = (groups: EvaluateOutput['byModality']): Record<string, { n: number; correct: number }> =>
  Object.fromEntries(Object.entries(groups).map(([name, { n, correct }]) => [name, { n, correct }]));
