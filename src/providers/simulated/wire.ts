/** What the simulated teacher needs of an API to speak it: reading requests, and writing replies, refusals and errors. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What the teacher needs of a request. */
export interface WireRequest {
  system: string;
  prompt: string;
  /** sha256 of the decoded image bytes, hex; null where no image came. */
  imageHash: string | null;
  imageTokens: number;
  model: string;
}

export interface ErrorAnswer {
  body: object;
  headers: Record<string, string>;
}

export interface Wire {
  /** Of the one endpoint it has, for messages. */
  readonly name: string;
  /** Whether a batch that did not end well keeps what was answered until then. */
  readonly keepsPartOfBatch: boolean;
  /** What the path says of the model (may be nothing); null where the path is not of this API. */
  modelOf(path: string): string | null;
  /** Why the headers are refused, or null. */
  refuse(headers: IncomingHttpHeaders): { status: number; message: string } | null;
  /** @throws z.ZodError or SyntaxError for a body of another kind. */
  read(body: string, model: string): WireRequest;
  /** A reply with text, which may be empty; cut off at the token limit where `truncated`. */
  text(request: WireRequest, text: string, ending: 'complete' | 'truncated'): object;
  /** A prompt that the provider's filter refuses. */
  blocked(request: WireRequest): object;
  error(status: number, message: string, retryAfterMs?: number): ErrorAnswer;
}

/** About four characters a token, as providers' documentation estimates. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4);

/** Gemini takes at most 20 MB with inline images. */
export const largestBody = 20 * 1024 * 1024;

/** Null for one that is larger. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
  }
  return size > most ? null : Buffer.concat(chunks);
}
