/**
 * BERTScore of open answers beside their keys: made by a job module in Python, with an encoder that the person gives as a
 * folder. A figure beside accuracy, as ROUGE-L is: near words are not right ones.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { readJsonl, writeParquet } from '../dataset/tables/table.js';
import type { OpenText } from './answer-report.js';

/** Means over open questions. */
export interface BertScore {
  n: number;
  precision: number;
  recall: number;
  f1: number;
  /** The encoder's folder, the layer whose vectors are compared, and how many it has. */
  model: string;
  layer: number;
  layers: number;
  /** Texts that were longer than the encoder reads, and were cut. */
  cut: number;
}

export interface BertScoreOptions {
  /** Folder of an encoder, such as a download of roberta-large. */
  model: string;
  /** The authors' choice for the models that they tried first, else the last. */
  layer?: number | undefined;
  /** Folder for the texts and scores. */
  dir: string;
  /** Runs a job module in Python to its end. */
  runJob: (module: string, spec: Record<string, unknown>) => Promise<unknown>;
}

const resultSchema = z.looseObject({ scores: z.string(), layer: z.int(), layers: z.int(), cut: z.int() });
const scoreSchema = z.strictObject({ precision: z.number(), recall: z.number(), f1: z.number() });

/** Before anything is started: a metric's model is a folder that is there. */
export function checkMetricModel(folder: string): void {
  if (existsSync(join(folder, 'config.json'))) return;
  const why = existsSync(folder) ? 'has no config.json' : 'is not there';
  throw new ConfigError('metric-model-missing', `--bertscore-model ${folder} ${why}`, {
    remedy:
      'Give the folder of an encoder such as roberta-large with its tokenizer; medgr2 downloads none for a metric.',
  });
}

export async function bertScore(texts: readonly OpenText[], options: BertScoreOptions): Promise<BertScore> {
  const { model, layer, dir, runJob } = options;
  const data = join(dir, 'open-answers.parquet');
  await writeParquet(data, texts, { text: 'VARCHAR', key: 'VARCHAR' });
  const spec = { model: resolve(model), data, outDir: join(dir, 'bertscore'), seed: 0, device: 'auto' };
  const done = resultSchema.parse(
    await runJob('medgr2.texts.bertscore', layer === undefined ? spec : { ...spec, layer }),
  );
  const scores = (await readJsonl(done.scores)).map((line) => scoreSchema.parse(line));
  const mean = (name: keyof (typeof scores)[number]): number =>
    scores.reduce((sum, score) => sum + score[name], 0) / scores.length;
  return {
    n: scores.length,
    precision: mean('precision'),
    recall: mean('recall'),
    f1: mean('f1'),
    model,
    layer: done.layer,
    layers: done.layers,
    cut: done.cut,
  };
}
