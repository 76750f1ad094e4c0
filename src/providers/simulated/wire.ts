/** Gemini's REST bodies as the simulated teacher reads and writes them: requests, replies, refusals and errors. */
import { z } from 'zod';
import { sha256 } from '../../hash.js';

const partSchema = z.looseObject({
  text: z.string().optional(),
  inlineData: z.object({ mimeType: z.string(), data: z.string() }).optional(),
});

const requestSchema = z.looseObject({
  contents: z.array(z.looseObject({ parts: z.array(partSchema) })).min(1),
  systemInstruction: z.looseObject({ parts: z.array(partSchema) }).optional(),
});

/** What the teacher needs of a generateContent request. */
export interface WireRequest {
  system: string;
  prompt: string;
  /** sha256 of the decoded image bytes, hex; null where no image came. */
  imageHash: string | null;
  imageTokens: number;
}

const textOf = (parts: readonly { text?: string | undefined }[]): string =>
  parts.map((part) => part.text ?? '').join('');

/** @throws z.ZodError or SyntaxError for anything that is not a generateContent body. */
export function readRequest(body: string): WireRequest {
  const request = requestSchema.parse(JSON.parse(body));
  const parts = request.contents.flatMap((content) => content.parts);
  const image = parts.find((part) => part.inlineData !== undefined)?.inlineData;
  return {
    system: textOf(request.systemInstruction?.parts ?? []),
    prompt: textOf(parts),
    imageHash: image === undefined ? null : sha256(Buffer.from(image.data, 'base64')),
    // Gemini counts 258 tokens for an image of up to 384 x 384 pixels.
    imageTokens: image === undefined ? 0 : 258,
  };
}

/** About four characters a token, as Gemini's documentation estimates. */
const tokensOf = (text: string): number => Math.ceil(text.length / 4);

function usage(request: WireRequest, output: string): object {
  const promptTokenCount = request.imageTokens + tokensOf(request.system) + tokensOf(request.prompt);
  const candidatesTokenCount = tokensOf(output);
  return { promptTokenCount, candidatesTokenCount, totalTokenCount: promptTokenCount + candidatesTokenCount };
}

export type WireFinish = 'STOP' | 'MAX_TOKENS';

/** A reply with text; an empty text gives a candidate without parts, as Gemini sends it. */
export function textReply(request: WireRequest, model: string, text: string, finishReason: WireFinish): object {
  const content = text === '' ? { role: 'model' } : { role: 'model', parts: [{ text }] };
  return {
    candidates: [{ content, finishReason, index: 0, safetyRatings: [] }],
    usageMetadata: usage(request, text),
    modelVersion: model,
  };
}

/** A prompt that Gemini's filter refuses: no candidate at all. */
export function blockedReply(request: WireRequest, model: string): object {
  return {
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT', safetyRatings: [] },
    usageMetadata: usage(request, ''),
    modelVersion: model,
  };
}

/** Google's error body; with `retryAfterMs` it carries a RetryInfo detail. */
export function errorBody(code: number, status: string, message: string, retryAfterMs?: number): object {
  const details =
    retryAfterMs === undefined
      ? {}
      : { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }] };
  return { error: { code, message, status, ...details } };
}
