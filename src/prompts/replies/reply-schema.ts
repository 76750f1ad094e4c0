/** What a generator must return, and what becomes of a reply: fields of a sample, or a reason why there are none. */
import { z } from 'zod';
import { questionTypeSchema, type QuestionType, type Sample } from '../../sample.js';
import type { ReplyRepair } from './reply-repairs.js';

/** What a generator must return. The answer comes last, after the reasoning that leads to it. */
export const replySchema = z.strictObject({
  questionType: questionTypeSchema.optional().describe('The question type that was asked for.'),
  reflection: z.string().optional().describe('What was considered before writing. Not kept.'),
  question: z.string().min(1).describe('One question that the image answers.'),
  options: z.array(z.string().min(1)).max(5).describe('2 to 5 options, or none for an open question.'),
  rationale: z.string().describe('The visible evidence, leading to the answer.'),
  answer: z.string().min(1).describe('The right option, word for word; a few words for an open question.'),
});
export type Reply = z.infer<typeof replySchema>;

const schemasOfMany = new Map<number, z.ZodType>();

/** What a generator must return that is asked for so many samples at once; the same schema each time. */
export function replySchemaOf(samples: number): z.ZodType {
  if (samples === 1) return replySchema;
  const known = schemasOfMany.get(samples);
  if (known !== undefined) return known;
  const list = z.array(replySchema).min(1).max(samples).describe(`The ${samples} samples, in the order asked for.`);
  const schema = z.strictObject({ samples: list });
  schemasOfMany.set(samples, schema);
  return schema;
}

/** Why a reply was dropped. */
export const dropReasons = [
  'blocked',
  'refused',
  'empty',
  'truncated',
  'too-long',
  'malformed-json',
  'schema',
  'one-option',
  'duplicate-options',
  'answer-not-in-options',
  'wrong-question-type',
  'special-token',
  // Of replies with several samples:
  'sample-missing',
  'sample-not-asked-for',
  'same-question',
] as const;
export type DropReason = (typeof dropReasons)[number];

export interface ReplyContext {
  questionType: QuestionType;
  /** How the provider says the reply ended. */
  finish?: 'stop' | 'max-tokens' | 'blocked' | 'refused' | 'empty' | undefined;
  /** The provider's own word for what it withheld. */
  why?: string | undefined;
  /** Longest text taken; any length where it is left out. */
  maxCharacters?: number | undefined;
}

export type ReplyFields = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale' | 'questionType'>;

/** `repairs`: how it had to be mended to be read; left out where it was written as asked for. */
export type ParsedReply = { ok: true; fields: ReplyFields; repairs?: ReplyRepair[] } | DroppedReply;

export interface DroppedReply {
  ok: false;
  reason: DropReason;
  detail: string;
}

/** Longest piece of a reply that is quoted in a detail, in characters. */
const quoted = 120;
/** What is wrong with a reply may be as long as the reply. */
const longestDetail = 500;

export function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

export function quote(text: string): string {
  const line = tidy(text);
  return `"${line.length > quoted ? `${line.slice(0, quoted)}…` : line}"`;
}

export function drop(reason: DropReason, detail: string): DroppedReply {
  return { ok: false, reason, detail: detail.slice(0, longestDetail) };
}
