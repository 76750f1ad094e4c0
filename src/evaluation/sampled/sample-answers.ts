/** Asks a policy each question several times, and R_φ about what it said: the prompts and the reader are those of one answer. */
import { join } from 'node:path';
import type { ResultOf } from '../../bridge/contract/contract.js';
import type { SpecInput } from '../../bridge/jobs/open-engine.js';
import { readAnswers, readScores, type AnswerLine } from '../../dataset/tables/job-outputs.js';
import { writeParquet } from '../../dataset/tables/table.js';
import { optionsRow, promptRow, rowColumns, type ScoreRow } from '../../job-spec/rows/job-rows.js';
import { optionsSpec, scoreSpec } from '../../job-spec/spec-from-config.js';
import type { Sample } from '../../sample.js';
import { writePredictions, type Evaluation, type Prediction } from '../answer-questions.js';
import { judgeAnswer } from '../answer-report.js';
import type { SampledAnswer } from './sampled-figures.js';
import type { SampledQuestion } from './sampled-report.js';

export interface Sampling extends Omit<Evaluation, 'complete' | 'evaluate'> {
  /** Completions of each question beside the greedy one, and how hot they are drawn. */
  drawn: { samples: number; temperature: number };
  evaluate(spec: SpecInput<'evaluate'>): Promise<ResultOf<'evaluate'>>;
  /** Absolute folder of R_φ and the job that asks it; null leaves best-of-k out. */
  judge: Judge | null;
}

interface Judge {
  rewardModel: string;
  score(spec: SpecInput<'score'>): Promise<ResultOf<'score'>>;
}

const sampledColumns = {
  id: 'VARCHAR',
  index: 'BIGINT',
  completion: 'VARCHAR',
  predicted: 'VARCHAR',
  correct: 'BOOLEAN',
  score: 'DOUBLE',
  finished: 'BOOLEAN',
} as const;

/** predictions.parquet in `dir` holds the greedy answers, sampled.parquet every sample with its score. */
export async function sampleAnswers(
  sampling: Sampling,
): Promise<{ predictions: Prediction[]; questions: SampledQuestion[] }> {
  const { config, samples, dir, model, seed, rows, drawn } = sampling;
  const data = join(dir, 'prompts.parquet');
  const withOptions = config.evaluation.likelihoods !== 'none';
  const asked = samples.map((sample) =>
    withOptions ? optionsRow(sample, rows) : { ...promptRow(sample, rows), responses: [] },
  );
  await writeParquet(data, asked, rowColumns.options);
  const spec = { ...optionsSpec(config, { outDir: dir, data, model, seed }), ...drawn };
  const { answers } = await sampling.evaluate(spec);
  const lines = await readAnswers(
    answers,
    samples.map(({ id }) => id),
    drawn.samples,
  );
  const greedy = lines.map((line) => ({ ...line, responses: withOptions ? line.responses : null }));
  const predictions = await writePredictions(sampling, greedy);
  const scores = sampling.judge === null ? null : await scoresOf(sampling, sampling.judge, lines);
  const judged = samples.map((sample, index) =>
    (lines[index]?.sampled ?? []).map(({ text, finished }, at) => {
      const row = { ...sample, completion: text, dataset: sample.provenance.model };
      const { correct, predicted, found } = judgeAnswer(row, config.evaluation.reading);
      const score = scores?.get(keyOf(index, text)) ?? null;
      return {
        id: sample.id,
        index: at,
        completion: text,
        predicted: found,
        correct,
        score,
        finished,
        answer: predicted,
      };
    }),
  );
  const stored = judged.flat().map(({ answer: _, ...row }) => row);
  await writeParquet(join(dir, 'sampled.parquet'), stored, sampledColumns);
  return {
    predictions,
    questions: samples.map((sample, index) => questionOf(sample, predictions[index], judged[index])),
  };
}

const questionOf = (
  { imageHash, modality, questionType }: Sample,
  prediction: Prediction | undefined,
  answers: readonly SampledAnswer[] = [],
): SampledQuestion => ({
  image: imageHash,
  modality,
  questionType,
  greedy: prediction?.correct ?? null,
  samples: answers.map(({ correct, answer, score }) => ({ correct, answer, score })),
});

const keyOf = (question: number, text: string): string => `${question}#${text}`;

/** Of each text once, however often it was drawn: R_φ's score is of the text. */
async function scoresOf(
  { config, samples, dir, seed, rows }: Sampling,
  { rewardModel, score }: Judge,
  lines: readonly AnswerLine[],
): Promise<Map<string, number | null>> {
  const texts = lines.flatMap(({ sampled = [] }, index) =>
    [...new Set(sampled.map(({ text }) => text))].map((text) => ({ index, text })),
  );
  const asked: ScoreRow[] = texts.flatMap(({ index, text }, at) => {
    const sample = samples[index];
    return sample === undefined ? [] : [{ ...promptRow(sample, rows), id: `${sample.id}#${at}`, response: text }];
  });
  const data = join(dir, 'texts.parquet');
  await writeParquet(data, asked, rowColumns.score);
  const result = await score(scoreSpec(config, { outDir: dir, data, model: rewardModel, seed }));
  const found = await readScores(
    result.scores,
    asked.map(({ id }) => id),
  );
  return new Map(texts.map(({ index, text }, at) => [keyOf(index, text), found[at] ?? null]));
}
