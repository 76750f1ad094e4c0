/** Whether a configuration's generator is asked in batches, and how: one rule for the run and for its plan. */
import type { Config } from '../../config/schema.js';
import { join } from 'node:path';
import type { GenerateOptions } from '../../generation/generation-options.js';
import { batchOf } from '../../providers/batch/batch-client.js';
import { isOpenAiItself } from '../../providers/openai.js';
import type { Provider } from '../../providers/provider.js';
import { runFiles } from '../folder/run-folder.js';
import type { StageContext } from '../stage.js';

type Generation = Pick<Config['generation'], 'provider' | 'openai' | 'mode' | 'batch'>;

/** @param requests Of one cycle. */
export function asksInBatches(generation: Generation, requests: number): boolean {
  const { mode, batch } = generation;
  return mode === 'batch' || (mode === 'auto' && isKnownToBatch(generation) && requests >= batch.above);
}

/** Of a server that only speaks OpenAI's protocol nothing is known. */
function isKnownToBatch({ provider, openai }: Generation): boolean {
  if (provider === 'openai') return openai !== undefined && isOpenAiItself(openai.baseUrl);
  return provider !== 'local' && provider !== 'own';
}

/** Undefined for a model on this machine. Batches of an earlier attempt are collected whatever is set now. */
export function batchesOf(
  { config, runDir }: StageContext,
  provider: Provider,
  requests: number,
): GenerateOptions['batches'] {
  if (batchOf(provider) === null) return undefined;
  const { generation } = config;
  const isTeacher = generation.provider === 'simulated';
  return {
    folder: join(runDir, runFiles.batches),
    asks: asksInBatches(generation, requests),
    requests: generation.batch.requests,
    atOnce: generation.batch.atOnce,
    endWithProcess: isTeacher,
    ...(isTeacher ? { pollMs: 50, longestPollMs: 500, listedAfterMs: 0 } : {}),
  };
}
