/**
 * Gemini through @google/generative-ai, one call at a time. Retries and rate are the pool's concern.
 * The SDK never retries and mishandles aborted signals and timeouts, so every call gets a controller and a timer of ours.
 */
import {
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
  type GenerateContentRequest,
  type ResponseSchema,
  type SafetySetting,
} from '@google/generative-ai';
import type { z } from 'zod';
import { geminiUrl } from '../config/egress-rule.js';
import type { GeminiSafety, GeminiThinkingLevel } from '../config/asking/asked-providers.js';
import { messageOf } from '../errors.js';
import { aroundImage } from '../prompts/generator-prompt.js';
import { boundedFetch, type FetchWatch } from './bounded-reply.js';
import type { BatchingProvider } from './batch/batch-client.js';
import { geminiBatch } from './batch/gemini-batch.js';
import { limitedCall, remedyOf } from './http-call.js';
import { failureOfStatus, ProviderCallError } from './call-error.js';
import { errorReason, readGeminiReply } from './gemini-reply.js';
import { quotaOf, quotaRemedy, violatedQuotas } from './quota.js';
import { retryAfterMs, retryDelayMs } from './retry-after.js';
import type { ProviderReply, ProviderRequest } from './provider.js';
import { geminiResponseSchema } from './response-schema.js';
import { redact, requireHeaderSafe } from './secret.js';

export interface GeminiOptions {
  /** Model name, e.g. `gemini-2.5-flash-lite`. */
  model: string;
  /** Sent as a header only; it is in no error, log or cache. */
  apiKey: string;
  /** Where the API is; Google's when left out. No trailing slash needed. */
  baseUrl?: string | undefined;
  /** Longest time for one call, in milliseconds (default 120,000; Node's fetch itself gives up after 300,000). */
  timeoutMs?: number | undefined;
  /** Name in the provenance of samples (default `gemini`). */
  name?: string | undefined;
  /** Most tokens a model may think, which are billed as output: 0 for none where it can do without, -1 for its own choice. */
  thinkingBudget?: number | undefined;
  /** The same in words, for models from Gemini 3 on. */
  thinkingLevel?: GeminiThinkingLevel | undefined;
  /** Threshold by category, for medical images that the usual filters take for something else. */
  safety?: GeminiSafety | undefined;
}

export function geminiProvider(options: GeminiOptions): BatchingProvider {
  const { model, timeoutMs = 120_000, name = 'gemini' } = options;
  const apiKey = requireHeaderSafe(options.apiKey, 'the Gemini provider');
  const baseUrl = (options.baseUrl ?? geminiUrl).replace(/\/+$/, '');
  const client = new GoogleGenerativeAI(apiKey);
  const schemas = new WeakMap<z.ZodType, ResponseSchema>();
  const schemaOf = (schema: z.ZodType): ResponseSchema => {
    const known = schemas.get(schema) ?? geminiResponseSchema(schema);
    schemas.set(schema, known);
    return known;
  };

  const { thinkingBudget, thinkingLevel, safety = {} } = options;
  const thinkingConfig = { ...defined({ thinkingBudget }), ...defined({ thinkingLevel }) };
  // The SDK passes on what it does not know.
  const thinking = Object.keys(thinkingConfig).length === 0 ? {} : { thinkingConfig };
  // The SDK's own list of thresholds is older than the API.
  const safetySettings = Object.entries(safety).map(([category, threshold]) => ({
    category: `HARM_CATEGORY_${category}`,
    threshold,
  })) as unknown as SafetySetting[];

  const bodyOf = (request: ProviderRequest): GenerateContentRequest => {
    const { mediaType: mimeType, bytes } = request.image;
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const [before, behind] = aroundImage(request.prompt, request.imageAt);
    const parts = [...(before === '' ? [] : [{ text: before }]), { inlineData: { mimeType, data } }, { text: behind }];
    // In the order of the SDK, so that a batch asks for what a single request does, word for word.
    return {
      generationConfig: {
        temperature: request.temperature,
        maxOutputTokens: request.maxOutputTokens,
        responseMimeType: 'application/json',
        responseSchema: schemaOf(request.responseSchema),
        ...thinking,
      },
      safetySettings,
      systemInstruction: { role: 'system', parts: [{ text: request.system }] },
      contents: [{ role: 'user', parts }],
    };
  };
  const where = `${name}/${model} at ${baseUrl}`;
  const clean = (text: string): string => redact(text, apiKey);

  const complete = async (request: ProviderRequest): Promise<ProviderReply> => {
    // The SDK loses the headers of a refusal.
    const watch: FetchWatch = { where };
    const body = bodyOf(request);
    const call = async (signal: AbortSignal): Promise<ProviderReply> => {
      const generative = client.getGenerativeModel({ model }, { baseUrl });
      const { response } = await boundedFetch(watch, () => generative.generateContent(body, { signal }));
      return readGeminiReply(response, where);
    };
    const explain = (thrown: unknown): ProviderCallError => callError(thrown, watch, clean);
    return limitedCall({ where, timeoutMs, signal: request.signal }, call, explain);
  };
  const capabilities = { structuredOutput: 'json-schema', usage: 'always' } as const;
  const settings = { ...thinkingConfig, ...(safetySettings.length === 0 ? {} : { safety }) };
  const isSet = Object.keys(settings).length > 0;
  const batch = geminiBatch({
    baseUrl,
    headers: { 'x-goog-api-key': apiKey },
    where,
    timeoutMs,
    clean,
    model: model.includes('/') ? model : `models/${model}`,
    body: bodyOf,
  });
  return { name, model, endpoint: baseUrl, capabilities, settings: isSet ? settings : undefined, complete, batch };
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function callError(
  thrown: unknown,
  { where, refused }: FetchWatch,
  clean: (text: string) => string,
): ProviderCallError {
  if (thrown instanceof ProviderCallError) return thrown;
  const message = clean(messageOf(thrown)).replace(/^\[GoogleGenerativeAI Error\]: /, '');
  if (thrown instanceof GoogleGenerativeAIFetchError && thrown.status !== undefined) {
    const { status, errorDetails } = thrown;
    const reason = errorReason(errorDetails);
    const quota = quotaOf(status, [message, violatedQuotas(errorDetails)]);
    return new ProviderCallError(message, {
      failure: failureOfStatus(status),
      status,
      retryAfterMs: retryDelayMs(errorDetails) ?? (refused === undefined ? undefined : retryAfterMs(refused)),
      quota,
      where,
      remedy: quota === undefined ? remedyOf(status, reason) : quotaRemedy(quota),
      ...(reason === 'API_KEY_INVALID' ? { isOfRequest: false } : {}),
    });
  }
  // The body was not JSON: a proxy's page, or a reply cut off on the way.
  if (thrown instanceof SyntaxError) {
    return new ProviderCallError(`The reply is not JSON: ${message}`, {
      failure: 'unreadable',
      where,
      remedy: 'Check that the base URL is a Gemini API and that no proxy answers in its place.',
    });
  }
  return new ProviderCallError(`No answer: ${message}`, {
    failure: 'unreachable',
    where,
    remedy: 'Check the network, the base URL and whether the server runs.',
  });
}
