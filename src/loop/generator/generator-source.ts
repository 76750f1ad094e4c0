/** Who answers, as far as another answer would come of it: part of what a generate stage is made of. */
import type { Config } from '../../config/schema.js';
import { identityOf } from '../../part.js';
import type { OwnProvider } from '../parts/parts.js';

/** What decides a generator's replies, beside its prompts. */
export function sourceOf(
  { provider, gemini, openai, local, teacher }: Config['generation'],
  own: OwnProvider | null = null,
): unknown {
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
    case 'own':
      return own === null ? null : { ...identityOf(own), model: own.model, settings: own.settings };
    case 'local':
      return { model: local?.model, dtype: local?.dtype, maxPixels: local?.maxPixels };
    case 'simulated': {
      // As it was before there were two, so that runs of earlier versions continue.
      const { protocol, ...rest } = teacher;
      return protocol === 'gemini' ? rest : teacher;
    }
  }
}
