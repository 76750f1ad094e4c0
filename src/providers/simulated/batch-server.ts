/** The simulated teacher's calls about batches, of whichever protocol. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../errors.js';
import type { BatchAnswer, BatchWork } from './batch-jobs.js';
import { geminiBatchProtocol } from './gemini-batch-wire.js';
import { openAiBatchProtocol } from './openai-batch-wire.js';
import { readBody } from './wire.js';

const largestFile = 1024 * 1024 * 1024;
const paths =
  /^\/(?:(?:upload|download)\/v1beta\/|v1beta\/(?:batches|files)|v1beta\/models\/[^/]*:batchGenerateContent|v1\/(?:batches|files))/;

/** Null for a call that is about no batch. Never rejects. */
export function answerBatchCall(
  request: IncomingMessage,
  { origin, ...work }: BatchWork & { origin: string },
): Promise<BatchAnswer> | null {
  const { url = '', method = 'GET', headers } = request;
  if (!paths.test(url)) return null;
  const answer = async (): Promise<BatchAnswer> => {
    const body = await readBody(request, largestFile);
    if (body === null) return refused(413, 'The file is larger than 1 GB.');
    const call = { method, url, headers, body, origin };
    return geminiBatchProtocol(call, work) ?? openAiBatchProtocol(call, work) ?? refused(404, `There is no ${url}.`);
  };
  return answer().catch((thrown: unknown) => refused(400, messageOf(thrown)));
}

export function sendBatchAnswer(response: ServerResponse, { status, body, text, headers, isLost }: BatchAnswer): void {
  if (isLost === true && text === undefined) return void response.destroy();
  const payload = Buffer.from(text ?? JSON.stringify(body ?? {}));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': payload.length, ...headers });
  if (isLost !== true) return void response.end(payload);
  // Half of the file, and then the connection is gone.
  response.write(payload.subarray(0, payload.length / 2), () => response.destroy());
}

const refused = (code: number, message: string): BatchAnswer => ({ status: code, body: { error: { code, message } } });
