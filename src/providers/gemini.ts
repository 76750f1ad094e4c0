/**
 * Gemini through @google/generative-ai, one call at a time. Retries and rate are the pool's concern.
 * The SDK never retries and mishandles aborted signals and timeouts, so every call gets a controller and a timer here.
 */
import { GoogleGenerativeAI, GoogleGenerativeAIFetchError, type ResponseSchema } from '@google/generative-ai';
import type { z } from 'zod';
import { messageOf } from '../errors.js';
import { failureOfStatus, ProviderCallError } from './call-error.js';
import { errorReason, readGeminiReply, retryDelayMs } from './gemini-reply.js';
import type { Provider, ProviderReply, ProviderRequest } from './provider.js';
import { geminiResponseSchema } from './response-schema.js';
import { redact, requireHeaderSafe } from './secret.js';

export interface GeminiOptions {
  /** Model name, e.g. `gemini-2.0-flash`. */
  model: string;
  /** Sent as a header only; it is in no error, log or cache. */
  apiKey: string;
  /** Where the API is; Google's when left out. No trailing slash needed. */
  baseUrl?: string | undefined;
  /** Longest time for one call, in milliseconds (default 120,000; Node's fetch itself gives up after 300,000). */
  timeoutMs?: number | undefined;
  /** Name in the provenance of samples (default `gemini`). */
  name?: string | undefined;
}

export const geminiBaseUrl = 'https://generativelanguage.googleapis.com';

export function geminiProvider(options: GeminiOptions): Provider {
  const { model, timeoutMs = 120_000, name = 'gemini' } = options;
  const apiKey = requireHeaderSafe(options.apiKey, 'the Gemini provider');
  const baseUrl = (options.baseUrl ?? geminiBaseUrl).replace(/\/+$/, '');
  const client = new GoogleGenerativeAI(apiKey);
  const schemas = new WeakMap<z.ZodType, ResponseSchema>();
  const schemaOf = (schema: z.ZodType): ResponseSchema => {
    const known = schemas.get(schema) ?? geminiResponseSchema(schema);
    schemas.set(schema, known);
    return known;
  };

  const complete = async (request: ProviderRequest): Promise<ProviderReply> => {
    const where = `${name}/${model} at ${baseUrl}`;
    if (request.signal?.aborted) throw cancelled(where);
    const responseSchema = schemaOf(request.responseSchema);
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, timeoutMs);
    request.signal?.addEventListener('abort', stop, { once: true });
    try {
      const generative = client.getGenerativeModel(
        {
          model,
          systemInstruction: request.system,
          generationConfig: {
            temperature: request.temperature,
            maxOutputTokens: request.maxOutputTokens,
            responseMimeType: 'application/json',
            responseSchema,
          },
        },
        { baseUrl },
      );
      const { mediaType: mimeType, bytes } = request.image;
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
      const { response } = await generative.generateContent([{ inlineData: { mimeType, data } }, request.prompt], {
        signal: controller.signal,
      });
      return readGeminiReply(response);
    } catch (thrown) {
      if (timedOut) throw timeout(where, timeoutMs);
      if (request.signal?.aborted) throw cancelled(where);
      throw callError(thrown, where, (text) => redact(text, apiKey));
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', stop);
    }
  };
  return { name, model, complete };
}

function callError(thrown: unknown, where: string, clean: (text: string) => string): ProviderCallError {
  const message = clean(messageOf(thrown)).replace(/^\[GoogleGenerativeAI Error\]: /, '');
  if (thrown instanceof GoogleGenerativeAIFetchError && thrown.status !== undefined) {
    const { status, errorDetails } = thrown;
    return new ProviderCallError(message, {
      failure: failureOfStatus(status),
      status,
      retryAfterMs: retryDelayMs(errorDetails),
      where,
      remedy: remedyOf(status, errorReason(errorDetails)),
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

function remedyOf(status: number, reason: string | undefined): string {
  if (status === 401 || status === 403 || reason === 'API_KEY_INVALID') {
    return 'Check the API key in the environment variable that the configuration names, and what it is allowed to do.';
  }
  if (status === 404) return 'Check the model name and the base URL.';
  if (status === 429)
    return 'Lower the concurrency, or wait until the quota is renewed; the run continues where it stopped.';
  if (status >= 500 || status === 408) return 'The provider has a problem; run the same command again later.';
  return 'Read what the provider says about the request; the same request would fail again.';
}

function timeout(where: string, timeoutMs: number): ProviderCallError {
  return new ProviderCallError(`No answer within ${timeoutMs / 1000} s.`, {
    failure: 'timeout',
    where,
    remedy: 'Raise the timeout, or lower the concurrency.',
  });
}

function cancelled(where: string): ProviderCallError {
  return new ProviderCallError('The call was cancelled.', { failure: 'cancelled', where });
}
