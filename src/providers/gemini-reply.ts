/** Reads Gemini's response and error bodies. Only what the loop needs; everything may be missing. */
import type { EnhancedGenerateContentResponse, ErrorDetails } from '@google/generative-ai';
import { ProviderCallError } from './call-error.js';
import type { FinishReason, ProviderReply } from './provider.js';

/** Finish reasons by which the model refuses; the SDK's own list is older than the API. */
const refusals = new Set([
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

interface Part {
  text?: string;
  /** Set on a summary of the model's thinking, which is no part of the reply. */
  thought?: boolean;
}

/**
 * `.text()` is not used: it throws for some refusals, returns '' for others and joins thoughts into the reply.
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
  const finish = finishOf(candidate?.finishReason, response.promptFeedback?.blockReason, text);
  const usage = response.usageMetadata as (Record<string, number | undefined> & object) | undefined;
  return {
    text: finish === 'blocked' ? '' : text,
    finish,
    usage:
      usage === undefined
        ? null
        : {
            inputTokens: usage.promptTokenCount ?? 0,
            // Thinking is billed as output.
            outputTokens: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
          },
  };
}

function finishOf(finishReason: string | undefined, blockReason: string | undefined, text: string): FinishReason {
  if (finishReason !== undefined && refusals.has(finishReason)) return 'blocked';
  if (finishReason === undefined && blockReason !== undefined) return 'blocked';
  if (finishReason === 'MAX_TOKENS') return 'max-tokens';
  return text.trim() === '' ? 'empty' : 'stop';
}

/** google.rpc.ErrorInfo's reason, e.g. `API_KEY_INVALID`. */
export function errorReason(details: readonly ErrorDetails[] | undefined): string | undefined {
  return details?.find((detail) => detail['@type']?.endsWith('google.rpc.ErrorInfo'))?.reason;
}
