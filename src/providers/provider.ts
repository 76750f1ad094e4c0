/** What the loop needs from a model that writes samples: one image and one prompt in, one raw reply out. */
import type { z } from 'zod';

export interface ProviderRequest {
  /** The image file's bytes and media type, sent inline. */
  image: { bytes: Uint8Array; mediaType: string };
  system: string;
  prompt: string;
  /** The structure the reply must have. */
  responseSchema: z.ZodType;
  temperature: number;
  maxOutputTokens: number;
  signal?: AbortSignal | undefined;
}

/** Why a reply has no usable text. */
export type FinishReason = 'stop' | 'max-tokens' | 'blocked' | 'empty';

export interface ProviderReply {
  /** Raw text of the reply; empty where there is none. */
  text: string;
  finish: FinishReason;
  usage: { inputTokens: number; outputTokens: number };
}

export interface Provider {
  readonly name: string;
  readonly model: string;
  /**
   * Rejects with a ProviderError when no reply came; `retryAfterMs` and `retryable` tell the pool what to do.
   * A blocked or empty reply is a reply, not an error: asking again would give the same.
   */
  complete(request: ProviderRequest): Promise<ProviderReply>;
}
