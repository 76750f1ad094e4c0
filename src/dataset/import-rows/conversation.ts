/**
 * Rows that are conversations: LLaVA's and ShareGPT's `conversations`, chat messages with roles and parts. One question and its
 * answer are one sample; several turns are not cut apart, since a later question may rest on an earlier one.
 */
import { parseListText } from './list-text.js';

export interface Conversation {
  question: string | null;
  answer: string | null;
  images: string[];
  /** Questions that are asked in it. */
  turns: number;
}

const asking = new Set(['human', 'user', 'question', 'prompter']);
const answering = new Set(['gpt', 'assistant', 'model', 'bot', 'chatgpt', 'answer']);

/** Null where a value is no list of turns. */
export function conversationOf(value: unknown): Conversation | null {
  const list: unknown = typeof value === 'string' && value.trim().startsWith('[') ? parseListText(value) : value;
  if (!Array.isArray(list) || list.length === 0) return null;
  const turns = list.map(turnOf);
  if (turns.some((turn) => turn === null)) return null;
  const known = turns.filter((turn) => turn !== null);
  const asked = known.filter(({ role }) => asking.has(role));
  const answered = known.filter(({ role }) => answering.has(role));
  return {
    question: asked[0]?.text ?? null,
    answer: answered[0]?.text ?? null,
    images: known.flatMap(({ images }) => images),
    turns: Math.max(asked.length, answered.length),
  };
}

interface Turn {
  role: string;
  text: string;
  images: string[];
}

function turnOf(value: unknown): Turn | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const role = fields['role'] ?? fields['from'];
  const content = fields['content'] ?? fields['value'] ?? fields['text'];
  if (typeof role !== 'string') return null;
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  const read = parts.map(partOf);
  return {
    role: role.toLowerCase(),
    text: read
      .flatMap(({ text }) => text ?? [])
      .join('\n')
      .trim(),
    images: read.flatMap(({ image }) => image ?? []),
  };
}

/** A text, or a part `{ type: 'text', text }`, `{ type: 'image', image | url | path }`, `{ type: 'image_url', image_url: { url } }`. */
function partOf(part: unknown): { text?: string; image?: string } {
  if (typeof part === 'string') return { text: part };
  if (typeof part !== 'object' || part === null) return {};
  const fields = part as Record<string, unknown>;
  if (typeof fields['text'] === 'string') return { text: fields['text'] };
  const source = fields['image'] ?? fields['image_url'] ?? fields['url'] ?? fields['path'];
  const inner = typeof source === 'object' && source !== null ? (source as Record<string, unknown>)['url'] : source;
  return typeof inner === 'string' ? { image: inner } : {};
}
