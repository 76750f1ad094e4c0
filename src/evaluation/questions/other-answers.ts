/** What another model said to the same questions: from a file of answers, or from predictions.parquet of a run or of `evaluate`. */
import { readPredictions, type PredictionSource } from '../../dataset/predictions/predictions.js';
import { readParquet } from '../../dataset/tables/table.js';
import { judgeAnswer, type EvaluationReading } from '../answer-report.js';
import type { Prediction } from '../answer-questions.js';
import type { Outcome } from '../transitions.js';

/** Rows of a file with no ids are paired by their order. */
export async function readOutcomes(source: PredictionSource, reading: EvaluationReading = 'ours'): Promise<Outcome[]> {
  if (source.predictions.endsWith('.parquet')) return readParquet<Prediction>(source.predictions);
  return outcomesOf((await readPredictions(source)).rows, reading);
}

export function outcomesOf(
  rows: readonly (Parameters<typeof judgeAnswer>[0] & { id: string | null })[],
  reading: EvaluationReading = 'ours',
): Outcome[] {
  return rows.map((row, index) => {
    const { modality, questionType } = row;
    return { id: row.id ?? `row ${index + 1}`, correct: judgeAnswer(row, reading).correct, modality, questionType };
  });
}
