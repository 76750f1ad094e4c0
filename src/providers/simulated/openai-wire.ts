/** OpenAI's chat completions as the simulated teacher speaks them, and with them vLLM, SGLang and Ollama. */
import { z } from 'zod';
import { sha256 } from '../../hash.js';
import { tokensOf, type Wire, type WireRequest } from './wire.js';

const partSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
]);

const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(partSchema)]) })).min(1),
});
type Message = z.output<typeof requestSchema>['messages'][number];

const partsOf = ({ content }: Message): z.output<typeof partSchema>[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

const textOf = (messages: readonly Message[]): string =>
  messages
    .flatMap(partsOf)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('');

export const openAiWire: Wire = {
  name: 'chat/completions',
  keepsPartOfBatch: true,
  modelOf: (url) => (url === '/v1/chat/completions' ? '' : null),
  // Servers on one's own machine ask for no key.
  refuse: () => null,
  read: (body) => {
    const { model, messages } = requestSchema.parse(JSON.parse(body));
    const image = messages.flatMap(partsOf).find((part) => part.type === 'image_url')?.image_url.url;
    const data = image === undefined ? undefined : /^data:[^,]*;base64,(.*)$/s.exec(image)?.[1];
    const system = textOf(messages.filter(({ role }) => role === 'system'));
    return {
      // Clients that send none write it in front of the prompt.
      system: system === '' ? textOf(messages) : system,
      prompt: textOf(messages.filter(({ role }) => role !== 'system')),
      imageHash: data === undefined ? null : sha256(Buffer.from(data, 'base64')),
      imageTokens: data === undefined ? 0 : 255,
      model,
    };
  },
  text: (request, text, ending) =>
    completion(request, { role: 'assistant', content: text }, ending === 'truncated' ? 'length' : 'stop'),
  blocked: (request) => completion(request, { role: 'assistant', content: null }, 'content_filter'),
  error: (status, message, retryAfterMs) => ({
    body: { error: { message, type: status >= 500 ? 'server_error' : 'invalid_request_error', code: status } },
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs / 1000) },
  }),
};

function completion(
  request: WireRequest,
  message: { role: string; content: string | null },
  finish_reason: string,
): object {
  const prompt_tokens = request.imageTokens + tokensOf(request.system) + tokensOf(request.prompt);
  const completion_tokens = tokensOf(message.content ?? '');
  return {
    id: 'chatcmpl-simulated',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, message, finish_reason }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  };
}
