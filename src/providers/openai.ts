/**
 * Any server that speaks OpenAI's chat completions (vLLM, SGLang, Ollama, llama.cpp, OpenAI itself), by plain fetch.
 * Retries and rate are the pool's concern. A redirect is refused: an image must not go where nobody allowed it to.
 */
import type { z } from 'zod';
import type { ReasoningEffort, StructuredOutput } from '../config/asking/asked-providers.js';
import { aroundImage } from '../prompts/generator-prompt.js';
import { bounded } from './bounded-reply.js';
import type { BatchingProvider } from './batch/batch-client.js';
import { commandBatch } from './batch/command-batch.js';
import { openAiBatch } from './batch/openai-batch.js';
import { limitedCall, noAnswer, refusalOf } from './http-call.js';
import { filteredError, readChatReply, statusTold } from './openai-reply.js';
import type { ProviderReply, ProviderRequest } from './provider.js';
import { jsonForm, strictJsonSchema } from './reply-form.js';
import { redact, requireHeaderSafe } from './secret.js';

export interface OpenAiOptions {
  model: string;
  /** Where the API is, with its version: `http://127.0.0.1:8000/v1` for vLLM. */
  baseUrl: string;
  /** Sent as a header only; a server of one's own often needs none. */
  apiKey?: string | undefined;
  /** What the server can do about the structure of replies (default `json-schema`). */
  structuredOutput?: StructuredOutput | undefined;
  /** How the longest reply is named: newer OpenAI models take only the second (default `max_tokens`). */
  lengthField?: 'max_tokens' | 'max_completion_tokens' | undefined;
  /** How much a model that thinks may think (default: as the server does). */
  reasoningEffort?: ReasoningEffort | undefined;
  /** Longest time for one call, in milliseconds (default 120,000; Node's fetch itself gives up after 300,000). */
  timeoutMs?: number | undefined;
  /** Runs batches over files in place of the server: program and arguments with `{input}` and `{output}` (vllm run-batch). */
  batchCommand?: readonly string[] | undefined;
  /** Name in the provenance of samples (default `openai`). */
  name?: string | undefined;
}

export function openAiProvider(options: OpenAiOptions): BatchingProvider {
  const { model, timeoutMs = 120_000, name = 'openai', structuredOutput = 'json-schema' } = options;
  const { lengthField = 'max_tokens', reasoningEffort } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const apiKey = options.apiKey === undefined ? null : requireHeaderSafe(options.apiKey, 'the OpenAI provider');
  const clean = (text: string): string => (apiKey === null ? text : redact(text, apiKey));
  const where = `${name}/${model} at ${baseUrl}`;
  const authorization: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  const bodyOf = (request: ProviderRequest): object => ({
    model,
    messages: messagesOf(request),
    temperature: request.temperature,
    [lengthField]: request.maxOutputTokens,
    ...(reasoningEffort === undefined ? {} : { reasoning_effort: reasoningEffort }),
    ...responseFormat(structuredOutput, request.responseSchema),
  });

  const complete = async (request: ProviderRequest): Promise<ProviderReply> => {
    const body = JSON.stringify(bodyOf(request));
    const call = async (signal: AbortSignal): Promise<ProviderReply> => {
      const answered = await fetch(`${baseUrl}/chat/completions`, {
        method: 'POST',
        headers,
        body,
        signal,
        redirect: 'error',
      });
      const response = bounded(answered, where);
      const text = await response.text();
      const status = statusTold(response.status, text);
      const isRefused = status !== response.status || !response.ok;
      const filtered = isRefused ? filteredError(status, text) : null;
      // Asked again it would be withheld again: a reply like any other that the filter holds back.
      if (filtered !== null) return { text: '', finish: 'blocked', why: filtered, usage: nothingUsed };
      if (isRefused) throw refusalOf({ status, headers: response.headers, body: text }, where, clean);
      return readChatReply(text, where);
    };
    return limitedCall({ where, timeoutMs, signal: request.signal }, call, (thrown) => noAnswer(thrown, where, clean));
  };
  const capabilities = { structuredOutput, usage: 'sometimes' } as const;
  const settings = reasoningEffort === undefined ? undefined : { reasoningEffort };
  const { batchCommand } = options;
  const batch =
    batchCommand !== undefined
      ? commandBatch({ command: batchCommand, body: bodyOf, where: `${name}/${model}` })
      : openAiBatch({ baseUrl, headers: authorization, where, timeoutMs, clean, body: bodyOf });
  return { name, model, endpoint: baseUrl, capabilities, settings, complete, batch };
}

/** Other servers may follow its protocol in part only. */
export const isOpenAiItself = (baseUrl: string): boolean =>
  URL.canParse(baseUrl) && new URL(baseUrl).hostname === 'api.openai.com';

const nothingUsed = { inputTokens: 0, outputTokens: 0 };

/** The form stands in the prompt also where a schema is sent: most servers only cut the tokens, they do not tell the model. */
function messagesOf({ system, prompt, imageAt, image, responseSchema }: ProviderRequest): object[] {
  const { bytes, mediaType } = image;
  const [before, behind] = aroundImage(prompt, imageAt);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return [
    { role: 'system', content: `${system}\n\n${jsonForm(responseSchema)}` },
    {
      role: 'user',
      content: [
        ...(before === '' ? [] : [{ type: 'text', text: before }]),
        { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } },
        { type: 'text', text: behind },
      ],
    },
  ];
}

function responseFormat(structuredOutput: StructuredOutput, schema: z.ZodType): object {
  if (structuredOutput === 'none') return {};
  if (structuredOutput === 'json-object') return { response_format: { type: 'json_object' } };
  const json_schema = { name: 'sample', strict: true, schema: strictJsonSchema(schema) };
  return { response_format: { type: 'json_schema', json_schema } };
}
