/** Test questions to look at: what the base answered, and what the policy answers that was just measured. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readParquet } from '../../dataset/tables/table.js';
import type { Prediction } from '../../evaluation/answer-questions.js';
import type { Sample } from '../../sample.js';
import type { AnsweredQuestion } from '../run-events.js';
import { shownSample } from '../stage-job.js';

const file = 'predictions.parquet';

/**
 * One question of each fate that there is: newly right, newly wrong, still wrong. Empty where the base was not measured.
 * @param test In the order in which they were asked. @param base Folder of the stage that measured the base.
 */
export async function shownAnswers(
  { test, runDir }: { test: readonly Sample[]; runDir: string },
  base: string,
  now: string,
): Promise<AnsweredQuestion[]> {
  if (!existsSync(join(base, file))) return [];
  const [before, after] = [
    await readParquet<Prediction>(join(base, file)),
    await readParquet<Prediction>(join(now, file)),
  ];
  const fates: readonly (readonly [wasRight: boolean, isRight: boolean])[] = [
    [false, true],
    [true, false],
    [false, false],
  ];
  return fates.flatMap(([wasRight, isRight]) => {
    const place = after.findIndex(({ correct }, at) => correct === isRight && before[at]?.correct === wasRight);
    const [sample, first, second] = [test[place], before[place], after[place]];
    if (sample === undefined || first === undefined || second === undefined) return [];
    return [{ sample: shownSample(sample, runDir), before: first.predicted, now: second.predicted, wasRight, isRight }];
  });
}
