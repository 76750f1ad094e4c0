/** Who answers, as far as another answer would come of it: part of what a generate stage is made of. */
import type { Config } from '../../config/schema.js';
import type { Asked } from '../../config/asking/asked-providers.js';
import { identityOf } from '../../config/part.js';
import type { OwnProvider } from '../parts/loop-parts.js';

/** What decides a generator's replies, beside its prompts. */
export function sourceOf(generation: Config['generation'], own: OwnProvider | null = null): unknown {
  if (generation.provider === 'own')
    return own === null ? null : { ...identityOf(own), model: own.model, settings: own.settings };
  if (generation.provider !== 'simulated') return sourceOfAsked(generation);
  // As it was before there were two, so that runs of earlier versions continue.
  const { protocol, ...rest } = generation.teacher;
  return protocol === 'gemini' ? rest : generation.teacher;
}

/** The same of whoever is asked by name; null for the others, of whom more has to be said. */
export function sourceOfAsked({ provider, gemini, openai, local }: Asked): unknown {
  switch (provider) {
    case 'gemini': {
      const { model, thinkingBudget, thinkingLevel, safety } = gemini;
      const isPlain = thinkingBudget === undefined && thinkingLevel === undefined && safety === undefined;
      // As it was before there were settings, so that runs of earlier versions continue.
      return isPlain ? model : { model, thinkingBudget, thinkingLevel, safety };
    }
    case 'openai': {
      const { model, structuredOutput, reasoningEffort } = openai ?? {};
      return { model, structuredOutput, ...(reasoningEffort === undefined ? {} : { reasoningEffort }) };
    }
    case 'local':
      return { model: local?.model, dtype: local?.dtype, maxPixels: local?.maxPixels };
    case 'own':
    case 'simulated':
      return null;
  }
}
