/** Asks a policy the gold set, and R_φ what it thinks of the answers: part of the stage that measures the policy. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { answerQuestions, type Prediction } from '../../evaluation/answer-questions.js';
import { readScores } from '../../dataset/tables/job-outputs.js';
import { readParquet, writeParquet } from '../../dataset/tables/table.js';
import { promptRow, rowColumns } from '../../job-spec/rows/job-rows.js';
import { scoreSpec } from '../../job-spec/spec-from-config.js';
import { rowOptions, runJob, stageSeed } from '../stage-job.js';
import type { StageContext } from '../stage.js';
import { goldFigures, type GoldFigures } from './gold-figures.js';

/** Folder within that of the stage. */
const folder = 'gold';

export interface GoldMeasuring {
  model: string;
  /** R_φ of the cycle; null before there is one. */
  rewardModel: string | null;
}

/** Null where the run has no gold set. */
export async function measureGold(
  context: StageContext,
  { model, rewardModel }: GoldMeasuring,
): Promise<GoldFigures | null> {
  const { gold, config, cycle, stage } = context;
  if (gold === null) return null;
  const dir = join(context.dir, folder);
  await mkdir(dir, { recursive: true });
  const rows = rowOptions(context);
  const seed = stageSeed(context, cycle, `${stage} gold`);
  const predictions = await answerQuestions({
    // Likelihoods of options are for tables; gold answers are only read.
    config: { ...config, evaluation: { ...config.evaluation, likelihoods: 'none' } },
    model,
    samples: gold.samples,
    dir,
    seed,
    rows,
    evaluator: context.parts.evaluator ?? undefined,
    signal: context.signal,
    complete: (spec) => runJob(context, spec),
  });
  if (rewardModel === null) return goldFigures(predictions, []);
  const data = join(dir, 'rows.parquet');
  const asked = gold.samples.map((sample, index) => ({
    ...promptRow(sample, rows),
    response: predictions[index]?.completion ?? '',
  }));
  await writeParquet(data, asked, rowColumns.score);
  const { scores } = await runJob(context, scoreSpec(config, { outDir: dir, data, model: rewardModel, seed }));
  return goldFigures(predictions, await readScores(scores, idsOf(asked)));
}

export interface GoldAnswers {
  answers: Prediction[];
  /** R_φ's, in their order; none where it was not asked. */
  rewards: (number | null)[];
}

/** What `measureGold` left in a stage's folder. */
export async function readGold(stageDir: string, scored: boolean): Promise<GoldAnswers> {
  const answers = await readParquet<Prediction>(join(stageDir, folder, 'predictions.parquet'));
  return { answers, rewards: scored ? await readScores(join(stageDir, folder, 'scores.jsonl'), idsOf(answers)) : [] };
}

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);
