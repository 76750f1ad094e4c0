/** Whether a configuration's generator is asked in batches, and how: one rule for the run and for its plan. */
import type { Config } from '../../config/schema.js';
import type { GenerateOptions } from '../../generation/generation-options.js';
import { batchOf } from '../../providers/batch/batch-client.js';
import { isOpenAiItself } from '../../providers/openai.js';
import type { Provider } from '../../providers/provider.js';

/** Settings of whichever section asks. */
type Batching = Pick<Config['generation'], 'provider' | 'openai' | 'mode' | 'batch'>;

/** @param requests Of one cycle. */
export function asksInBatches(generation: Batching, requests: number): boolean {
  const { mode, batch } = generation;
  return mode === 'batch' || (mode === 'auto' && isKnownToBatch(generation) && requests >= batch.above);
}

/** Of a server that only speaks OpenAI's protocol nothing is known. */
function isKnownToBatch({ provider, openai }: Batching): boolean {
  if (provider === 'openai')
    return openai !== undefined && (openai.batchCommand !== undefined || isOpenAiItself(openai.baseUrl));
  return provider !== 'local' && provider !== 'own';
}

/**
 * Undefined for a model on this machine. Batches of an earlier attempt are collected whatever is set now.
 * @param folder Of what is written down of them.
 */
export function batchesOf(
  batching: Batching,
  provider: Provider,
  { folder, requests }: { folder: string; requests: number },
): GenerateOptions['batches'] {
  if (batchOf(provider) === null) return undefined;
  const isTeacher = batching.provider === 'simulated';
  return {
    folder,
    asks: asksInBatches(batching, requests),
    requests: batching.batch.requests,
    atOnce: batching.batch.atOnce,
    endWithProcess: isTeacher,
    ...(isTeacher ? { pollMs: 50, longestPollMs: 500, listedAfterMs: 0 } : {}),
  };
}
