/** Asking for samples: the prompts of the strategies with their exemplars, and replies read as samples. */
import { contextTold } from '../../prompts/context-told.js';
import type { PromptStrategy } from '../../prompts/prompt-strategy.js';
import { parseReplies, type ParsedReply } from '../../prompts/parse.js';
import type { Sample } from '../../sample.js';
import {
  chooseExemplars,
  laterId,
  prepareRequest,
  typesOf,
  type PreparedRequest,
} from '../asking/generation-request.js';
import type { Inquiry } from './inquiry.js';
import type { CachedReply } from '../replies/reply-cache.js';
import { droppedFrom, type Outcome } from '../outcome.js';

export interface Writing {
  /** Cycle that the samples belong to, from 1. */
  cycle: number;
  /** Samples of high reward, best first, to show in the prompts. */
  exemplars: readonly Sample[];
  exemplarsPerPrompt: number;
  /** Prompt strategies that tasks name, beside the ready-made ones (default none). */
  strategies?: readonly PromptStrategy[] | undefined;
}

export function writeSamples({ cycle, exemplars, exemplarsPerPrompt, strategies }: Writing): Inquiry {
  const exemplarsFor = chooseExemplars(exemplars, exemplarsPerPrompt);
  return {
    section: 'generation',
    prepare: (task, _index, parameters) => prepareRequest(task, exemplarsFor(task), parameters, strategies),
    read: (request, reply, ending) =>
      parseReplies(reply.text, typesOf(request.task), ending).map((one, place) =>
        outcomeOf(request, reply, one, { id: request.ids[place] ?? laterId(request, place), cycle }),
      ),
  };
}

function outcomeOf(
  { task, promptHash }: PreparedRequest,
  { provider, model, modelVersion }: CachedReply,
  parsed: ParsedReply,
  { id, cycle }: { id: string; cycle: number },
): Outcome {
  const { strategy, image, imageHash, modality, context } = task;
  if (!parsed.ok) return droppedFrom(task, id, parsed.reason, parsed.detail);
  const told = context === undefined ? null : contextTold(parsed.fields, context.text);
  if (told !== null) return droppedFrom(task, id, 'context-told', told);
  const shown = context === undefined ? {} : { context: true as const };
  const version = modelVersion === undefined ? {} : { modelVersion };
  const provenance = { provider, model, ...version, strategy, promptHash, ...shown, cycle };
  const about = { id, image, imageHash, modality };
  const sample = { ...about, ...parsed.fields, provenance, score: null, rewardModelVersion: null };
  return { sample, repairs: parsed.repairs ?? [] };
}
