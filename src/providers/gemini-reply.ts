/** Reads Gemini's response and error bodies. Only what the loop needs; everything may be missing. */
import type { EnhancedGenerateContentResponse, ErrorDetails } from '@google/generative-ai';
import { z } from 'zod';
import { ProviderCallError } from './call-error.js';
import { tokenCount, type FinishReason, type ProviderReply, type Usage } from './provider.js';

/** Finish reasons by which the provider's filters withhold a reply; the SDK's own list is older than the API. */
const withheld = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

/** What the API tells beyond the SDK's types. */
interface Told {
  modelVersion?: string;
  responseId?: string;
}

interface Rating {
  category?: string;
  probability?: string;
  blocked?: boolean;
}

interface Part {
  text?: string;
  /** Set on a summary of the model's thinking, which is no part of the reply. */
  thought?: boolean;
}

/**
 * `.text()` is not used: it throws for some withheld, returns '' for others and joins thoughts into the reply.
 * @throws ProviderCallError `unreadable` for JSON of another kind, which must not pass for an empty reply.
 */
export function readGeminiReply(response: EnhancedGenerateContentResponse, where: string): ProviderReply {
  const { candidates, promptFeedback, usageMetadata } = response;
  if (candidates === undefined && promptFeedback === undefined && usageMetadata === undefined)
    throw new ProviderCallError('The reply is JSON, but not of Gemini.', {
      failure: 'unreadable',
      where,
      remedy: 'Check that the base URL is a Gemini API and that no proxy answers in its place.',
    });
  const candidate = response.candidates?.[0];
  const parts = (candidate?.content?.parts ?? []) as Part[];
  const text = parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');
  const blockReason = promptFeedback?.blockReason;
  const finish = finishOf(candidate?.finishReason, blockReason, text);
  const { modelVersion } = response as Told;
  const ratings = [...(promptFeedback?.safetyRatings ?? []), ...(candidate?.safetyRatings ?? [])] as Rating[];
  return {
    text: finish === 'blocked' ? '' : text,
    finish,
    usage: usageOf(usageMetadata),
    ...(finish === 'blocked' ? { why: whyOf(candidate?.finishReason, blockReason, ratings) } : {}),
    ...(modelVersion === undefined ? {} : { modelVersion: modelVersion.replace(/^models\//, '') }),
  };
}

/** Counts of 0 are left out; no prompt has none. */
const usageSchema = z.looseObject({
  promptTokenCount: tokenCount.min(1),
  toolUsePromptTokenCount: tokenCount.optional(),
  candidatesTokenCount: tokenCount.optional(),
  cachedContentTokenCount: tokenCount.optional(),
  thoughtsTokenCount: tokenCount.optional(),
  totalTokenCount: tokenCount.optional(),
});

/** Thinking is billed as output, and stands beside the candidates' tokens; what is cached stands within the prompt's. */
function usageOf(metadata: object | undefined): Usage | null {
  const told = usageSchema.safeParse(metadata).data;
  if (told === undefined) return null;
  const inputTokens = told.promptTokenCount + (told.toolUsePromptTokenCount ?? 0);
  const { cachedContentTokenCount: cached, thoughtsTokenCount: thoughts, totalTokenCount: total = 0 } = told;
  const outputTokens = Math.max((told.candidatesTokenCount ?? 0) + (thoughts ?? 0), total - inputTokens);
  return {
    inputTokens,
    outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(thoughts === undefined ? {} : { thinkingTokens: thoughts }),
  };
}

/** Whether the picture (or the prompt with it) was not taken, or what the model wrote about it, and for which category. */
function whyOf(finish: string | undefined, block: string | undefined, ratings: readonly Rating[]): string {
  const categories = ratings
    .filter(({ blocked, probability }) => blocked === true || probability === 'HIGH')
    .map(({ category = '' }) => category.replace('HARM_CATEGORY_', ''));
  const what = block === undefined ? `the reply (${finish})` : `the image or its prompt (${block})`;
  return [what, ...new Set(categories)].join(', ');
}

function finishOf(finishReason: string | undefined, blockReason: string | undefined, text: string): FinishReason {
  if (finishReason !== undefined && withheld.has(finishReason)) return 'blocked';
  if (finishReason === undefined && blockReason !== undefined) return 'blocked';
  if (finishReason === 'MAX_TOKENS') return 'max-tokens';
  return text.trim() === '' ? 'empty' : 'stop';
}

/** google.rpc.ErrorInfo's reason, e.g. `API_KEY_INVALID`. */
export function errorReason(details: readonly ErrorDetails[] | undefined): string | undefined {
  return details?.find((detail) => detail['@type']?.endsWith('google.rpc.ErrorInfo'))?.reason;
}
