/** Reads a generator's reply into the fields of a sample, or says why it cannot be one. Never repairs what was said. */
import { z } from 'zod';
import { comparable, normalize } from '../reward/words/normal-text.js';
import { optionByText, optionLetter } from '../reward/options/answer-options.js';
import { firstTwins } from '../reward/options/options-differ.js';
import { resolveOption } from '../reward/reading/extract.js';
import { specialTokens } from './special-tokens.js';
import { questionTypeSchema, type QuestionType, type Sample } from '../sample.js';

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

/** Why a reply was dropped. */
export const dropReasons = [
  'blocked',
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
] as const;
export type DropReason = (typeof dropReasons)[number];

export interface ReplyContext {
  questionType: QuestionType;
  /** How the provider says the reply ended. */
  finish?: 'stop' | 'max-tokens' | 'blocked' | 'empty' | undefined;
  /** Longest text taken; any length where it is left out. */
  maxCharacters?: number | undefined;
}

export type ReplyFields = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale' | 'questionType'>;

export type ParsedReply = { ok: true; fields: ReplyFields } | { ok: false; reason: DropReason; detail: string };

/** Longest piece of a reply that is quoted in a detail, in characters. */
const quoted = 120;
/** What is wrong with a reply may be as long as the reply. */
const longestDetail = 500;

export function parseReply(text: string, { questionType, finish, maxCharacters }: ReplyContext): ParsedReply {
  if (finish === 'blocked') return drop('blocked', 'The provider withheld the reply.');
  const hasText = text.trim() !== '';
  if (finish === 'max-tokens')
    return drop('truncated', `The reply reached the limit of output tokens${hasText ? '' : ' before its first word'}.`);
  if (finish === 'empty' || !hasText) return drop('empty', 'The reply has no text.');
  // A server that does not keep to the limit of tokens: nobody asked for so much, and training would pay for it.
  if (text.length > (maxCharacters ?? Number.POSITIVE_INFINITY))
    return drop('too-long', `The reply has ${text.length} characters, more than ${maxCharacters}.`);
  const json = parseJson(text);
  if (json === undefined) return drop('malformed-json', `Not one JSON object: ${quote(text)}`);
  const parsed = replySchema.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'reply'}: ${issue.message}`);
    return drop('schema', issues.join('; '));
  }
  return check(parsed.data, questionType);
}

function check(reply: Reply, asked: QuestionType): ParsedReply {
  if (reply.questionType !== undefined && reply.questionType !== asked) {
    return drop('wrong-question-type', `Asked for ${asked}, got ${reply.questionType}.`);
  }
  const [question, rationale, answerText] = [reply.question, reply.rationale, reply.answer].map(tidy) as [
    string,
    string,
    string,
  ];
  if (normalize(question) === '') return drop('schema', 'question: has no words');
  if (/<\/?(?:think|answer)>/i.test(rationale + answerText + reply.options.join(''))) {
    return drop('schema', 'rationale, answer or options: hold tags of the response format');
  }
  const [token] = specialTokens([question, ...reply.options, rationale, answerText].join('\n'));
  if (token !== undefined) return drop('special-token', `Holds ${token}, a sign of chat templates.`);
  const options = withoutLetters(reply.options.map(tidy));
  if (options.length === 1) return drop('one-option', `The only option is ${quote(options[0] ?? '')}`);
  if (options.some((option) => comparable(option) === '')) return drop('schema', 'options: one has no words');
  if (firstTwins(options) !== null) return drop('duplicate-options', `Options: ${quote(options.join(' | '))}`);
  const answer = options.length === 0 ? answerText : answerAmong(answerText, options);
  if (answer === null || normalize(answer) === '') {
    return drop('answer-not-in-options', `Answer ${quote(answerText)}, options ${quote(options.join(' | '))}`);
  }
  return { ok: true, fields: { question, options, answer, rationale, questionType: asked } };
}

/** A generator must name its answer outright; what a mention in a sentence might mean is not asked. */
function answerAmong(text: string, options: readonly string[]): string | null {
  const named = optionByText(text, options);
  if (named !== null) return named;
  return /^\W*[A-Za-z]\W*$|^\W*[A-Za-z]\s*[).:]/.test(text) ? resolveOption(text, options, true) : null;
}

/** Takes off `A) `, `B. ` … where every option carries its own letter. */
function withoutLetters(options: string[]): string[] {
  const bare = options.map(
    (option, i) => new RegExp(`^\\(?${optionLetter(i)}\\s*[).:]\\s*(.+)$`, 'i').exec(option)?.[1],
  );
  return bare.every((option) => option !== undefined) ? bare : options;
}

function parseJson(text: string): unknown {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/i.exec(text);
  try {
    return JSON.parse(fenced?.[1] ?? text) as unknown;
  } catch {
    return undefined;
  }
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function quote(text: string): string {
  const line = tidy(text);
  return `"${line.length > quoted ? `${line.slice(0, quoted)}…` : line}"`;
}

function drop(reason: DropReason, detail: string): ParsedReply {
  return { ok: false, reason, detail: detail.slice(0, longestDetail) };
}
