/** BERTScore for `medgr2 evaluate`: only where an encoder's folder was given, and only over open questions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { openTexts, type AnswerRow, type EvaluationReading } from '../evaluation/answer-report.js';
import { bertScore, checkMetricModel, type BertScore } from '../evaluation/clinical-scores.js';
import type { CommandIo } from './command-io.js';
import { setUpPython } from './commands/run-command.js';

export interface EncoderFlags {
  bertscoreModel?: string | undefined;
  bertscoreLayer?: number | undefined;
}

/** Before models are asked, which may take hours. */
export function checkEncoder({ bertscoreModel, bertscoreLayer }: EncoderFlags): void {
  if (bertscoreModel !== undefined) checkMetricModel(bertscoreModel);
  else if (bertscoreLayer !== undefined)
    throw new ConfigError('metric-model-missing', '--bertscore-layer is of no use without --bertscore-model', {
      remedy: 'Give the folder of an encoder such as roberta-large by --bertscore-model.',
    });
}

export async function encoderScore(
  { bertscoreModel: model, bertscoreLayer: layer }: EncoderFlags,
  rows: readonly AnswerRow[],
  reading: EvaluationReading,
  io: CommandIo,
): Promise<BertScore | null> {
  if (model === undefined) return null;
  const texts = openTexts(rows, reading);
  if (texts.length === 0) {
    io.error('note: none of the questions is open, so there is no BERTScore');
    return null;
  }
  const python = await setUpPython(io);
  const { openEngine } = await import('../bridge/jobs/open-engine.js');
  const dir = await mkdtemp(join(tmpdir(), 'medgr2-bertscore-'));
  try {
    await using engine = await openEngine({ python, logDir: join(dir, 'logs') });
    const runJob = (module: string, spec: Record<string, unknown>): Promise<unknown> =>
      engine.startModule(module, spec, { signal: io.signal }).result;
    return await bertScore(texts, { model, layer, dir, runJob });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
