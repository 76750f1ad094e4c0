/**
 * Reads a generator's reply into the fields of a sample, or says why it cannot be one. How it is written may be repaired,
 * which is told; what it says never is.
 */
import { z } from 'zod';
import { comparable, normalize } from '../reward/words/normal-text.js';
import { optionByText, optionLetter } from '../reward/options/answer-options.js';
import { firstTwins } from '../reward/options/options-differ.js';
import { resolveOption } from '../reward/reading/extract.js';
import type { Loose } from './replies/loose-value.js';
import { answerOf, optionsOf, textOf, type Fields } from './replies/reply-fields.js';
import { findReplyObjects, withoutInvisible } from './replies/reply-objects.js';
import type { ReplyRepair } from './replies/reply-repairs.js';
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

/** More than was asked for is no fault of the question; a list of everything is. */
const mostOptions = 10;
/** What is taken: a little more than what is asked for. */
const takenSchema = replySchema.extend({ options: z.array(z.string().min(1)).max(mostOptions) });

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
export type ParsedReply =
  | { ok: true; fields: ReplyFields; repairs?: ReplyRepair[] }
  | { ok: false; reason: DropReason; detail: string };

/** Longest piece of a reply that is quoted in a detail, in characters. */
const quoted = 120;
/** What is wrong with a reply may be as long as the reply. */
const longestDetail = 500;

export function parseReply(text: string, { questionType, finish, why, maxCharacters }: ReplyContext): ParsedReply {
  const word = why === undefined ? '' : ` ${quote(why)}`;
  if (finish === 'blocked')
    return drop('blocked', `The provider's filter withheld it:${word || ' it does not say what'}`);
  if (finish === 'refused') return drop('refused', `The model says no:${word}`);
  const hasText = text.trim() !== '';
  if (finish === 'max-tokens')
    return drop('truncated', `The reply reached the limit of output tokens${hasText ? '' : ' before its first word'}.`);
  if (finish === 'empty' || !hasText) return drop('empty', 'The reply has no text.');
  // A server that does not keep to the limit of tokens: nobody asked for so much, and training would pay for it.
  if (text.length > (maxCharacters ?? Number.POSITIVE_INFINITY))
    return drop('too-long', `The reply has ${text.length} characters, more than ${maxCharacters}.`);
  const { samples, repairs, json, doubt } = findReplyObjects(text);
  const [fields] = samples;
  if (samples.length > 1) return drop('malformed-json', `Holds ${samples.length} samples that differ: ${quote(text)}`);
  if (json === undefined && fields === undefined && refusal.test(text))
    return drop('refused', `The model says no: ${quote(text)}`);
  if (doubt !== undefined || (fields === undefined && json === undefined))
    return drop('malformed-json', `${doubt ?? 'Not one JSON object'}: ${quote(text)}`);
  // Valid JSON of another kind: what is wrong with it is said in full.
  const reply = fields === undefined ? json : asAsked(fields, repairs);
  const parsed = takenSchema.safeParse(reply);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'reply'}: ${issue.message}`);
    return drop('schema', issues.join('; '));
  }
  return check(parsed.data, questionType, repairs);
}

/** A model's own no, in place of a reply: another question, or another model, may fare better. No filter did it. */
const refusal =
  /^[^{]{0,80}\b(?:can(?:no|['’])t|cannot|unable to|not able to|won['’]t|will not|must decline|decline to|not comfortable)\b[^{]{0,60}\b(?:assist|help|provide|fulfil+|comply|create|generate|write|produce|analy[sz]e|interpret|diagnos|process|view|see|identify|offer|answer|do that|with (?:that|this)|request)/i;

/** The fields in the form that was asked for; what cannot be brought into it is left as it is, for the schema to refuse. */
function asAsked(fields: Fields, repairs: Set<ReplyRepair>): unknown {
  if (fields.has('conflict')) return { [String(fields.get('conflict'))]: null };
  const told = Object.fromEntries([...fields].map(([name, value]) => [name, plain(value)]));
  const optional = (name: string): void => {
    if (told[name] !== null) return;
    repairs.add('null-field');
    delete told[name];
  };
  optional('questionType');
  optional('reflection');
  if (typeof told['questionType'] === 'string') told['questionType'] = questionTypeNamed(told['questionType']);
  // Of no use, so that nobody minds its form.
  if (typeof told['reflection'] !== 'string') delete told['reflection'];
  told['question'] = textOf(fields.get('question'), repairs);
  if (told['rationale'] === null) repairs.add('null-field');
  if (fields.has('rationale'))
    told['rationale'] = told['rationale'] === null ? '' : textOf(fields.get('rationale'), repairs);
  if (!fields.has('options')) return told;
  const options = optionsOf(fields.get('options'), repairs);
  if (options === null) return told;
  told['options'] = options.texts;
  const answer = answerOf(fields.get('answer'), options, repairs);
  // A letter without options names nothing.
  const isLost = fields.get('options') === null && /^\W*[A-Z]\W*$/i.test(answer ?? '');
  told['answer'] = isLost ? null : answer;
  return told;
}

const plain = (value: Loose): unknown => (value instanceof Map ? {} : value);

/** In whatever letters: `Modality_Recognition`. */
function questionTypeNamed(text: string): string {
  const bare = text
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
  return questionTypeSchema.options.find((type) => type === bare) ?? text;
}

function check(reply: Reply, asked: QuestionType, repairs: Set<ReplyRepair>): ParsedReply {
  if (reply.questionType !== undefined && reply.questionType !== asked) {
    return drop('wrong-question-type', `Asked for ${asked}, got ${reply.questionType}.`);
  }
  const clean = (text: string): string => tidy(unmarked(withoutInvisible(text, repairs), repairs));
  const [question, rationale, answerText] = [clean(reply.question), clean(reply.rationale), clean(reply.answer)];
  if (normalize(question) === '') return drop('schema', 'question: has no words');
  if (/<\/?(?:think|answer)>/i.test(rationale + answerText + reply.options.join(''))) {
    return drop('schema', 'rationale, answer or options: hold tags of the response format');
  }
  const [token] = specialTokens([question, ...reply.options, rationale, answerText].join('\n'));
  if (token !== undefined) return drop('special-token', `Holds ${token}, a sign of chat templates.`);
  const options = withoutLetters(reply.options.map(clean));
  if (options.length === 1) return drop('one-option', `The only option is ${quote(options[0] ?? '')}`);
  if (options.some((option) => comparable(option) === '')) return drop('schema', 'options: one has no words');
  if (firstTwins(options) !== null) return drop('duplicate-options', `Options: ${quote(options.join(' | '))}`);
  const answer = options.length === 0 ? answerText : answerAmong(answerText, options);
  if (answer === null || normalize(answer) === '') {
    return drop('answer-not-in-options', `Answer ${quote(answerText)}, options ${quote(options.join(' | '))}`);
  }
  const fields = { question, options, answer, rationale, questionType: asked };
  return { ok: true, fields, ...(repairs.size === 0 ? {} : { repairs: [...repairs].toSorted() }) };
}

/** Markdown's bold, which no table of a data set shows. */
function unmarked(text: string, repairs: Set<ReplyRepair>): string {
  const bare = text.replace(/\*\*(?=\S)([^*]+?)(?<=\S)\*\*/g, '$1');
  if (bare !== text) repairs.add('markdown');
  return bare;
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
