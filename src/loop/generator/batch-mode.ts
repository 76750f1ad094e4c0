/** Whether a configuration's generator is asked in batches: one rule for the run and for its plan. */
import type { Config } from '../../config/schema.js';
import { isOpenAiItself } from '../../providers/openai.js';

type Generation = Pick<Config['generation'], 'provider' | 'openai' | 'mode' | 'batch'>;

/** @param requests Of one cycle. */
export function asksInBatches(generation: Generation, requests: number): boolean {
  const { mode, batch } = generation;
  return mode === 'batch' || (mode === 'auto' && isKnownToBatch(generation) && requests >= batch.above);
}

/** Of a server that only speaks OpenAI's protocol nothing is known. */
function isKnownToBatch({ provider, openai }: Generation): boolean {
  if (provider === 'openai') return openai !== undefined && isOpenAiItself(openai.baseUrl);
  return provider !== 'local';
}
