/**
 * Gemini's batch mode: a JSONL file through the Files API, `batchGenerateContent`, the operation polled as `batches/…`,
 * results as a file again. @google/generative-ai knows none of this, so it is plain fetch. An expired batch has no results.
 */
import { openAsBlob } from 'node:fs';
import type { EnhancedGenerateContentResponse } from '@google/generative-ai';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import { ProviderCallError } from '../call-error.js';
import { readGeminiReply } from '../gemini-reply.js';
import { refusalOf } from '../http-call.js';
import type { ProviderRequest } from '../provider.js';
import { batchReply, type BatchClient, type BatchItem, type BatchStatus } from './batch-client.js';
import { callApi, linesOfFile, objectOf, pathName, unreadable, type BatchApi } from './batch-http.js';

export interface GeminiBatchOptions extends BatchApi {
  /** As in the path: `models/gemini-…`. */
  model: string;
  /** What `generateContent` is sent for a request. */
  body: (request: ProviderRequest) => object;
}

/** A file may have 2 GB; smaller ones are sent again sooner when a connection breaks. */
const limits = { requests: 50_000, bytes: 1_000_000_000 };
const fileForm = /^files\/[\w-]+$/;
const batchForm = /^batches\/[\w-]+$/;
const mostPages = 50;

const output = z.looseObject({ responsesFile: z.string().optional() }).optional();
const count = z.union([z.string(), z.number()]).optional();
const operationSchema = z.looseObject({
  name: z.string().optional(),
  done: z.boolean().optional(),
  metadata: z
    .looseObject({
      displayName: z.string().optional(),
      state: z.string().optional(),
      output,
      batchStats: z.looseObject({ successfulRequestCount: count, failedRequestCount: count }).optional(),
    })
    .optional(),
  response: z.looseObject({ responsesFile: z.string().optional(), output }).optional(),
  error: z.looseObject({}).optional(),
});
type Operation = z.output<typeof operationSchema>;
const listSchema = z.looseObject({
  operations: z.array(operationSchema).optional(),
  nextPageToken: z.string().optional(),
});

export function geminiBatch({ model, body, ...api }: GeminiBatchOptions): BatchClient {
  const { where, clean } = api;
  return {
    limits,
    line: (key, request) => JSON.stringify({ key, request: body(request) }),
    upload: async (label, path, signal) => {
      const file = await openAsBlob(path, { type: 'application/jsonl' });
      const begun = await callApi(api, '/upload/v1beta/files', {
        method: 'POST',
        headers: {
          'x-goog-upload-protocol': 'resumable',
          'x-goog-upload-command': 'start',
          'x-goog-upload-header-content-length': String(file.size),
          'x-goog-upload-header-content-type': file.type,
        },
        body: { file: { display_name: label } },
        signal,
      });
      const address = begun.headers.get('x-goog-upload-url');
      if (address === null || !/^https?:/.test(address)) throw unreadable('It names no address to upload to.', where);
      const { json } = await callApi(api, address, {
        method: 'POST',
        headers: { 'x-goog-upload-offset': '0', 'x-goog-upload-command': 'upload, finalize' },
        body: file,
        signal,
      });
      return pathName((json as { file?: { name?: unknown } }).file?.name, fileForm, where);
    },
    start: async (label, file, signal) => {
      const batch = { display_name: label, input_config: { file_name: file } };
      const { json } = await callApi(api, `/v1beta/${model}:batchGenerateContent`, {
        method: 'POST',
        body: { batch },
        signal,
      });
      return pathName((json as Operation).name, batchForm, where);
    },
    find: async (label, _file, signal) => {
      let token = '';
      for (let page = 0; page < mostPages; page++) {
        const query = `pageSize=100${token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`}`;
        const { json } = await callApi(api, `/v1beta/batches?${query}`, { signal });
        const { operations = [], nextPageToken = '' } = parsed(listSchema, json, where);
        const found = operations.find(({ metadata }) => metadata?.displayName === label);
        if (found !== undefined) return pathName(found.name, batchForm, where);
        token = nextPageToken;
        if (token === '') break;
      }
      return null;
    },
    poll: async (name, signal) => {
      const { json } = await callApi(api, `/v1beta/${pathName(name, batchForm, where)}`, { signal });
      return statusOf(parsed(operationSchema, json, where), api);
    },
    results: async function* (status, signal) {
      for (const file of status.outputs) {
        const path = `/download/v1beta/${pathName(file, fileForm, where)}:download?alt=media`;
        for await (const line of linesOfFile(api, path, signal))
          if (line.trim() !== '') yield itemOf(line, where, clean);
      }
    },
    cancel: async (name, signal) => {
      await callApi(api, `/v1beta/${pathName(name, batchForm, where)}:cancel`, { method: 'POST', body: {}, signal });
    },
    discard: async (file, signal) => {
      await callApi(api, `/v1beta/${pathName(file, fileForm, where)}`, { method: 'DELETE', signal });
    },
  };
}

/** `BATCH_STATE_SUCCEEDED` by the reference, `JOB_STATE_SUCCEEDED` by the guide. */
const states: Readonly<Record<string, BatchStatus['state']>> = {
  SUCCEEDED: 'succeeded',
  PARTIALLY_SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  EXPIRED: 'expired',
};

function statusOf({ done, metadata, response, error }: Operation, { where, clean }: BatchApi): BatchStatus {
  const word = (metadata?.state ?? '').replace(/^(?:BATCH|JOB)_STATE_/, '');
  const state = states[word] ?? (done !== true ? 'waiting' : error === undefined ? 'succeeded' : 'failed');
  const file = response?.responsesFile ?? response?.output?.responsesFile ?? metadata?.output?.responsesFile;
  const { successfulRequestCount: answered = 0, failedRequestCount: failed = 0 } = metadata?.batchStats ?? {};
  return {
    state,
    ended: Number(answered) + Number(failed) || 0,
    outputs: state === 'waiting' || file === undefined ? [] : [file],
    error: state === 'failed' ? refusedBy(error ?? {}, where, clean, false) : null,
  };
}

function itemOf(line: string, where: string, clean: (text: string) => string): BatchItem {
  const item = objectOf(line);
  const key = item?.['key'] ?? (item?.['metadata'] as { key?: unknown } | undefined)?.key;
  if (item === null || typeof key !== 'string') return { damaged: line.slice(0, 80) };
  if (item['response'] === undefined) return { key, error: refusedBy(item['error'] ?? {}, where, clean) };
  try {
    return { key, reply: batchReply(readGeminiReply(item['response'] as EnhancedGenerateContentResponse, where)) };
  } catch (thrown) {
    if (thrown instanceof ProviderCallError) return { key, error: thrown };
    return { key, error: unreadable(clean(messageOf(thrown)), where) };
  }
}

/** google.rpc.Code as the HTTP status it stands for; some errors have that already. */
const httpOf: Readonly<Record<number, number>> = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  10: 503,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
};

function refusedBy(error: object, where: string, clean: (text: string) => string, isItem = true): ProviderCallError {
  const { code = 13 } = error as { code?: unknown };
  const status = httpOf[Number(code)] ?? (Number(code) || 500);
  const refusal = refusalOf({ status, body: JSON.stringify({ error }) }, where, clean);
  if (isItem || !refusal.isOfRequest) return refusal;
  const { message, failure, remedy } = refusal;
  return new ProviderCallError(message, { failure, status, where, remedy, isOfRequest: false });
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  throw unreadable(z.prettifyError(read.error).slice(0, 200), where);
}
