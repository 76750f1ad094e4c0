/** What the loop needs from a model that writes samples: one image and one prompt in, one raw reply out. */
import { z } from 'zod';
import type { StructuredOutput } from '../config/asking/asked-providers.js';

/** One request: an image, a prompt and how the reply shall be. */
export interface ProviderRequest {
  /** The image file: its bytes and media type, to be sent inline, and where it lies, for a job on this machine. */
  image: { bytes: Uint8Array; mediaType: string; path: string };
  system: string;
  prompt: string;
  /** Where the image stands in the prompt, in characters (default 0: in front of it). */
  imageAt?: number | undefined;
  /** The structure the reply must have. */
  responseSchema: z.ZodType;
  /** 0 for the likeliest reply. */
  temperature: number;
  /** Longest reply, in tokens. */
  maxOutputTokens: number;
  signal?: AbortSignal | undefined;
}

/** Why a reply has no usable text: `blocked` by the provider's filter, `refused` by the model itself, … */
export const finishReasons = ['stop', 'max-tokens', 'blocked', 'refused', 'empty'] as const;
/** How a reply ended. */
export type FinishReason = (typeof finishReasons)[number];

/** Tokens that one reply cost. */
export interface Usage {
  /** Tokens of prompt and image. */
  inputTokens: number;
  /** Thoughts among them: they are billed as output. */
  outputTokens: number;
  /** Of the input, what the provider had in its cache; left out where it says nothing of it. */
  cachedInputTokens?: number | undefined;
  /** Of the output, what the model thought; left out where the provider says nothing of it. */
  thinkingTokens?: number | undefined;
  /** Billed at the rate for batches. */
  isBatch?: true | undefined;
}

/** What no count of tokens can be (-1 for one that was not made, a text) is none. */
export const tokenCount = z.int().min(0);

export const usageSchema: z.ZodType<Usage> = z.object({
  inputTokens: tokenCount,
  outputTokens: tokenCount,
  cachedInputTokens: tokenCount.optional(),
  thinkingTokens: tokenCount.optional(),
  isBatch: z.literal(true).optional(),
});

/** What a provider answers; the text is read by the loop. */
export interface ProviderReply {
  /** Raw text of the reply; empty where there is none. */
  text: string;
  finish: FinishReason;
  /** Null where the provider does not say: unknown, which is not nothing. */
  usage: Usage | null;
  /** The provider's own word for what it withheld: `IMAGE_SAFETY`, `content_filter`. */
  why?: string | undefined;
  /** Which model answered, as the provider says: an alias may have become another. */
  modelVersion?: string | undefined;
}

/** What providers differ in, said by each and never guessed from its name. */
export interface Capabilities {
  /** How replies are held to the schema; where it is not `json-schema`, the prompt says the fields in words. */
  structuredOutput: StructuredOutput;
  /** Whether every answered request tells its tokens; a budget can be kept only where it does. */
  usage: 'always' | 'sometimes';
}

/** A model that writes samples, as the loop sees it. */
export interface Provider {
  /** Stands in the provenance of samples and in the cache key. */
  readonly name: string;
  readonly model: string;
  /** Base URL that images are sent to; null where they stay with a job on this machine. */
  readonly endpoint: string | null;
  readonly capabilities: Capabilities;
  /** What else changes replies (thinking, filters); part of the cache key where it is set. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Rejects with a ProviderError when no reply came; `retryAfterMs` and `retryable` tell the pool what to do.
   * A blocked or empty reply is a reply, not an error: asking again would give the same.
   */
  complete(request: ProviderRequest): Promise<ProviderReply>;
}
