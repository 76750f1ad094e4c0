/**
 * OpenAI's batches, and those of servers that follow them: a JSONL file, `/batches`, results in two files, of what was
 * answered and of what was not. Expired and cancelled ones keep what was answered in time.
 */
import { openAsBlob } from 'node:fs';
import { z } from 'zod';
import { ProviderCallError } from '../call-error.js';
import { refusalOf } from '../http-call.js';
import { chatReplyOf, filteredError, statusTold } from '../openai-reply.js';
import type { ProviderRequest } from '../provider.js';
import { batchReply, type BatchClient, type BatchItem, type BatchStatus } from './batch-client.js';
import { callApi, linesOfFile, objectOf, pathName, unreadable, type BatchApi } from './batch-http.js';

export interface OpenAiBatchOptions extends BatchApi {
  /** What `/chat/completions` is sent for a request. */
  body: (request: ProviderRequest) => object;
}

/** A file may have 200 MB. */
export const openAiBatchLimits = { requests: 50_000, bytes: 190_000_000 };
const endpoint = '/v1/chat/completions';
const idForm = /^[\w.:-]+$/;
const mostPages = 50;

const fileId = z.string().nullish();
const count = z.number().nullish();
const batchSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  input_file_id: fileId,
  output_file_id: fileId,
  error_file_id: fileId,
  metadata: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .looseObject({
      data: z.array(z.looseObject({ code: z.string().nullish(), message: z.string().nullish() })).nullish(),
    })
    .nullish(),
  request_counts: z.looseObject({ completed: count, failed: count }).nullish(),
});
type Batch = z.output<typeof batchSchema>;
const listSchema = z.looseObject({ data: z.array(batchSchema), has_more: z.boolean().nullish() });
const resultSchema = z.looseObject({
  custom_id: z.string(),
  response: z.looseObject({ status_code: z.number(), body: z.unknown() }).nullish(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
});

/** One request of a batch file. */
export const batchLine = (key: string, body: object): string =>
  JSON.stringify({ custom_id: key, method: 'POST', url: endpoint, body });

export function openAiBatch({ body, ...api }: OpenAiBatchOptions): BatchClient {
  const { where, clean } = api;
  const named = (id: unknown): string => pathName(id, idForm, where);
  return {
    limits: openAiBatchLimits,
    line: (key, request) => batchLine(key, body(request)),
    upload: async (label, path, signal) => {
      const form = new FormData();
      form.append('purpose', 'batch');
      form.append('file', await openAsBlob(path, { type: 'application/jsonl' }), `${label}.jsonl`);
      const { json } = await callApi(api, '/files', { method: 'POST', body: form, signal });
      return named((json as { id?: unknown }).id);
    },
    start: async (label, file, signal) => {
      const asked = { input_file_id: file, endpoint, completion_window: '24h', metadata: { label } };
      const { json } = await callApi(api, '/batches', { method: 'POST', body: asked, signal });
      return named((json as { id?: unknown }).id);
    },
    find: async (label, file, signal) => {
      let after = '';
      for (let page = 0; page < mostPages; page++) {
        const { json } = await callApi(api, `/batches?limit=100${after === '' ? '' : `&after=${after}`}`, { signal });
        const { data, has_more } = parsed(listSchema, json, where);
        // Each file is of one batch, for servers that keep no metadata.
        const found = data.find(
          ({ metadata, input_file_id }) => metadata?.['label'] === label || input_file_id === file,
        );
        if (found !== undefined) return named(found.id);
        const last = data.at(-1)?.id;
        if (has_more !== true || last === undefined) break;
        after = encodeURIComponent(last);
      }
      return null;
    },
    poll: async (name, signal) => {
      const { json } = await callApi(api, `/batches/${named(name)}`, { signal });
      return statusOf(parsed(batchSchema, json, where), api);
    },
    results: async function* (status, signal) {
      for (const file of status.outputs)
        for await (const line of linesOfFile(api, `/files/${named(file)}/content`, signal))
          if (line.trim() !== '') yield batchItemOf(line, where, clean);
    },
    cancel: async (name, signal) => {
      await callApi(api, `/batches/${named(name)}/cancel`, { method: 'POST', signal });
    },
    discard: async (file, signal) => {
      await callApi(api, `/files/${named(file)}`, { method: 'DELETE', signal });
    },
  };
}

const states: Readonly<Record<string, BatchStatus['state']>> = {
  completed: 'succeeded',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

function statusOf(batch: Batch, { where, clean }: BatchApi): BatchStatus {
  const state = states[batch.status] ?? 'waiting';
  const { completed, failed } = batch.request_counts ?? {};
  const files = [batch.output_file_id, batch.error_file_id].filter((file) => typeof file === 'string' && file !== '');
  return {
    state,
    ended: (completed ?? 0) + (failed ?? 0),
    outputs: state === 'waiting' ? [] : (files as string[]),
    error: state === 'failed' ? failureOf(batch, where, clean) : null,
  };
}

/** Tokens or requests that wait in batches have a limit of their own, which passes when others end. */
function failureOf({ errors }: Batch, where: string, clean: (text: string) => string): ProviderCallError {
  const { code, message } = errors?.data?.[0] ?? {};
  const isFull = /limit/i.test(code ?? '') && !/billing|hard/i.test(code ?? '');
  return new ProviderCallError(clean(`The batch failed: ${message ?? code ?? 'it does not say why'}`), {
    failure: isFull ? 'rate-limited' : 'rejected',
    isOfRequest: false,
    ...(/billing|quota/i.test(code ?? '') ? { quota: 'account' as const } : {}),
    where,
    remedy: isFull
      ? 'Wait until other batches have ended, or lower batch.atOnce or batch.requests in the section that names the provider.'
      : 'Read what the provider says about the batch; the same one would fail again.',
  });
}

/** What one line of results says. */
export function batchItemOf(line: string, where: string, clean: (text: string) => string): BatchItem {
  const read = resultSchema.safeParse(objectOf(line));
  if (!read.success) return { damaged: line.slice(0, 80) };
  const { custom_id: key, response, error } = read.data;
  if (response === null || response === undefined) return { key, error: withoutAnswer(error ?? {}, where, clean) };
  const { body } = response;
  const text = JSON.stringify(body ?? {});
  const status = statusTold(response.status_code, text);
  if (status >= 200 && status < 300) {
    try {
      return { key, reply: batchReply(chatReplyOf(body, where)) };
    } catch (thrown) {
      if (thrown instanceof ProviderCallError) return { key, error: thrown };
      throw thrown;
    }
  }
  const filtered = filteredError(status, text);
  if (filtered === null) return { key, error: refusalOf({ status, body: text }, where, clean) };
  // Withheld by a filter in front of the model: a reply like any other that is held back.
  return {
    key,
    reply: batchReply({ text: '', finish: 'blocked', why: filtered, usage: { inputTokens: 0, outputTokens: 0 } }),
  };
}

/** `batch_expired`, `batch_cancelled` and what the server itself could not do: the same request may be answered later. */
function withoutAnswer(
  { code, message }: { code?: string | null | undefined; message?: string | null | undefined },
  where: string,
  clean: (text: string) => string,
): ProviderCallError {
  return new ProviderCallError(clean(message ?? code ?? 'The batch ended without an answer to this request.'), {
    failure: /invalid|not_found/i.test(code ?? '') ? 'rejected' : 'overloaded',
    where,
  });
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  throw unreadable(z.prettifyError(read.error).slice(0, 200), where);
}
