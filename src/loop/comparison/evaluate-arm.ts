/** Measures one arm of a comparison on the held-out test questions, with all figures and intervals. */
import { join } from 'node:path';
import type { z } from 'zod';
import { answerReport } from '../../evaluation/answer-report.js';
import { answerQuestions, answerRows, type Prediction } from '../../evaluation/answer-questions.js';
import { readParquet } from '../../dataset/tables/table.js';
import { measuredSchema } from './comparison-result.js';
import type { RunContext } from '../run-context.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { Stage, StageDone } from '../stage.js';

export type Measured = z.output<typeof measuredSchema>;

export interface Measuring {
  model: string;
  /** Of the prepared data and of the stages that made the model; its name alone says what a model from elsewhere is. */
  from: readonly string[];
}

export function measure(run: RunContext, { model, from }: Measuring): Stage<Measured> {
  const { config, data } = run;
  const { maxNewTokens, likelihoods, reasoning, reading } = config.evaluation;
  return {
    cycle: 1,
    name: 'evaluate',
    inputs: {
      from,
      policy: config.policy,
      maxNewTokens,
      likelihoods,
      reasoning,
      ...(reading === 'ours' ? {} : { reading }),
    },
    partial: 'over',
    output: measuredSchema,
    metrics: ({ accuracy, n, unparsed, auroc }) => ({ accuracy, questions: n, unparsed, auroc }),
    run: async (context) => {
      const predictions = await answerQuestions({
        config,
        model,
        samples: data.test,
        dir: context.dir,
        seed: stageSeed(run, 1, 'evaluate'),
        rows: rowOptions(run),
        complete: (spec) => runJob(context, spec),
        evaluate: (spec) => runJob(context, spec),
      });
      return measuredSchema.parse(answerReport(answerRows(predictions, likelihoods), { reading }));
    },
  };
}

export const predictionsFile = (stage: Pick<StageDone<Measured>, 'dir'>): string =>
  join(stage.dir, 'predictions.parquet');

export async function readPredicted(stage: Pick<StageDone<Measured>, 'dir'>): Promise<Prediction[]> {
  return readParquet<Prediction>(predictionsFile(stage));
}
