/** Gemini's REST generateContent as the simulated teacher speaks it. */
import { z } from 'zod';
import { sha256 } from '../../hash.js';
import { tokensOf, type Wire, type WireRequest } from './wire.js';

const path = /^\/v1beta\/(?:models|tunedModels)\/([^/:]+):generateContent$/;

const partSchema = z.looseObject({
  text: z.string().optional(),
  inlineData: z.object({ mimeType: z.string(), data: z.string() }).optional(),
});

const requestSchema = z.looseObject({
  contents: z.array(z.looseObject({ parts: z.array(partSchema) })).min(1),
  systemInstruction: z.looseObject({ parts: z.array(partSchema) }).optional(),
});

const textOf = (parts: readonly { text?: string | undefined }[]): string =>
  parts.map((part) => part.text ?? '').join('');

export const geminiWire: Wire = {
  name: 'generateContent',
  keepsPartOfBatch: false,
  modelOf: (url) => path.exec(url)?.[1] ?? null,
  refuse: (headers) =>
    headers['x-goog-api-key'] ? null : { status: 403, message: 'The request has no API key; this server accepts any.' },
  read: (body, model) => {
    const request = requestSchema.parse(JSON.parse(body));
    const parts = request.contents.flatMap((content) => content.parts);
    const image = parts.find((part) => part.inlineData !== undefined)?.inlineData;
    return {
      system: textOf(request.systemInstruction?.parts ?? []),
      prompt: textOf(parts),
      imageHash: image === undefined ? null : sha256(Buffer.from(image.data, 'base64')),
      // Gemini counts 258 tokens for an image of up to 384 x 384 pixels.
      imageTokens: image === undefined ? 0 : 258,
      model,
    };
  },
  text: (request, text, ending) => {
    // An empty text gives a candidate without parts, as Gemini sends it.
    const content = text === '' ? { role: 'model' } : { role: 'model', parts: [{ text }] };
    const finishReason = ending === 'truncated' ? 'MAX_TOKENS' : 'STOP';
    return {
      candidates: [{ content, finishReason, index: 0, safetyRatings: [] }],
      usageMetadata: usage(request, text),
      modelVersion: request.model,
    };
  },
  blocked: (request) => ({
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT', safetyRatings: [] },
    usageMetadata: usage(request, ''),
    modelVersion: request.model,
  }),
  error: (code, message, retryAfterMs) => {
    const details =
      retryAfterMs === undefined
        ? {}
        : { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }] };
    return { body: { error: { code, message, status: statusNames[code] ?? 'UNKNOWN', ...details } }, headers: {} };
  },
};

const statusNames: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

function usage(request: WireRequest, output: string): object {
  const promptTokenCount = request.imageTokens + tokensOf(request.system) + tokensOf(request.prompt);
  const candidatesTokenCount = tokensOf(output);
  return { promptTokenCount, candidatesTokenCount, totalTokenCount: promptTokenCount + candidatesTokenCount };
}
