/** Reads the bodies and headers of chat completions. Only what the loop needs; servers differ in what they leave out. */
import { z } from 'zod';
import { ProviderCallError } from './call-error.js';
import type { FinishReason, ProviderReply } from './provider.js';

const replySchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

/** @throws ProviderCallError `unreadable` for a body of another kind: a proxy's page, or one cut off on the way. */
export function readChatReply(body: string, where: string): ProviderReply {
  const parsed = replySchema.safeParse(parseJson(body));
  const choice = parsed.data?.choices[0];
  if (parsed.data === undefined || choice === undefined)
    throw new ProviderCallError(`The reply is no chat completion: ${body.slice(0, 120)}`, {
      failure: 'unreadable',
      where,
      remedy: 'Check that the base URL is an OpenAI-compatible API (it usually ends in /v1).',
    });
  const { message, finish_reason } = choice;
  const blocked = finish_reason === 'content_filter' || (message.refusal ?? '') !== '';
  const text = blocked ? '' : withoutThoughts(message.content ?? '');
  const { usage } = parsed.data;
  return {
    text,
    finish: blocked ? 'blocked' : finishOf(finish_reason, text),
    usage: usage ? { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens } : null,
  };
}

function finishOf(reason: string | null | undefined, text: string): FinishReason {
  if (reason === 'length') return 'max-tokens';
  return text.trim() === '' ? 'empty' : 'stop';
}

/** Servers without a reasoning parser leave the model's thinking in front of the reply. */
function withoutThoughts(text: string): string {
  return text.replace(/^\s*<think>[\s\S]*?<\/think>\s*/, '');
}

/** The message of an error body: OpenAI's `{error: {message}}`, FastAPI's `{detail}`, vLLM's `{message}`, or the text. */
export function readError(body: string): string {
  const json = parseJson(body) as { error?: unknown; detail?: unknown; message?: unknown } | null | undefined;
  const { error } = json ?? {};
  const nested = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error;
  for (const message of [nested, json?.message, json?.detail]) if (typeof message === 'string') return message;
  return body.slice(0, 200).trim() || 'no message';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
