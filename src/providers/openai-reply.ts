/** Reads the bodies and headers of chat completions. Only what the loop needs; servers differ in what they leave out. */
import { z } from 'zod';
import { ProviderCallError } from './call-error.js';
import { tokenCount, type FinishReason, type ProviderReply, type Usage } from './provider.js';

const count = tokenCount.nullish();
const replySchema = z.looseObject({
  model: z.string().nullish(),
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({
          content: z.union([z.string(), z.array(z.looseObject({ text: z.string().nullish() }))]).nullish(),
          refusal: z.string().nullish(),
          tool_calls: z.array(z.looseObject({ function: z.looseObject({ arguments: z.string() }) })).nullish(),
        }),
      }),
    )
    .min(1),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
      prompt_cache_hit_tokens: count,
    })
    .nullish()
    // Nonsense (-1 of a server that does not count, texts) is a count that was not told; the reply is there all the same.
    .catch(null),
});
type Body = z.output<typeof replySchema>;

/** @throws ProviderCallError `unreadable` for a body of another kind: a proxy's page, or one cut off on the way. */
export function readChatReply(body: string, where: string): ProviderReply {
  return chatReplyOf(parseJson(body), where, body);
}

/** The same for a body that was read as JSON already. @param quoted What an error quotes. */
export function chatReplyOf(body: unknown, where: string, quoted = JSON.stringify(body)): ProviderReply {
  const parsed = replySchema.safeParse(body);
  const choice = parsed.data?.choices[0];
  if (parsed.data === undefined || choice === undefined)
    throw new ProviderCallError(`The reply is no chat completion: ${quoted.slice(0, 120)}`, {
      failure: 'unreadable',
      where,
      remedy: 'Check that the base URL is an OpenAI-compatible API (it usually ends in /v1).',
    });
  const { message, finish_reason } = choice;
  const { model, usage } = parsed.data;
  const told = { usage: usageOf(usage), ...(model ? { modelVersion: model } : {}) };
  if (finish_reason === 'content_filter') return { text: '', finish: 'blocked', why: finish_reason, ...told };
  if (message.refusal) return { text: '', finish: 'refused', why: message.refusal, ...told };
  const text = withoutThoughts(textOf(message));
  return { text, finish: finishOf(finish_reason, text), ...told };
}

/** Some servers answer in parts, or as the call of a tool that was not there. */
function textOf({ content, tool_calls: calls }: Body['choices'][number]['message']): string {
  const text = Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '');
  return text === '' ? (calls?.[0]?.function.arguments ?? '') : text;
}

/**
 * Some servers leave the thoughts out of `completion_tokens`, and bill them: only the total shows it.
 * Null where input or output is not told.
 */
function usageOf(usage: Body['usage']): Usage | null {
  const { prompt_tokens: inputTokens, completion_tokens: completion, total_tokens: total } = usage ?? {};
  // No prompt has none: 0 is of a server that does not count.
  if (typeof inputTokens !== 'number' || inputTokens === 0) return null;
  if (typeof completion !== 'number' && typeof total !== 'number') return null;
  const thoughts = usage?.completion_tokens_details?.reasoning_tokens ?? undefined;
  const written = completion ?? 0;
  // More thoughts than output: they are not counted in it.
  const apart = thoughts !== undefined && thoughts > written ? thoughts : 0;
  const outputTokens = Math.max(written + (typeof total === 'number' ? 0 : apart), (total ?? 0) - inputTokens);
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? usage?.prompt_cache_hit_tokens ?? undefined;
  return {
    inputTokens,
    outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(thoughts === undefined ? {} : { thinkingTokens: thoughts }),
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

/** The status that an error names in its body: gateways (OpenRouter) tell of what failed behind them under 200. */
export function statusTold(status: number, body: string): number {
  const { error } = ((status === 200 ? parseJson(body) : null) as { error?: { code?: unknown } | null } | null) ?? {};
  const code = error?.code;
  return typeof code === 'number' && code >= 400 && code < 600 ? code : status;
}

/** A filter in front of the model says no with an error: Azure's `content_filter`, OpenAI's `content_policy_violation`. */
export function filteredError(status: number, body: string): string | null {
  const { error } = (parseJson(body) ?? {}) as { error?: { code?: unknown; type?: unknown } | null };
  const code = [error?.code, error?.type].find(
    (word) => typeof word === 'string' && /content_?(?:filter|policy)|moderation|safety/i.test(word),
  );
  return status === 400 && typeof code === 'string' ? code : null;
}

/** Code and kind of an error, for what its message leaves open: `insufficient_quota`. */
export function errorCode(body: string): string {
  const { error } = (parseJson(body) ?? {}) as { error?: { code?: unknown; type?: unknown } | null };
  return [error?.code, error?.type].filter((word) => typeof word === 'string').join(' ');
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
