/** One object of a reply as a sample's fields, checked: its answer among its options, options that differ, no signs of templates. */
import { z } from 'zod';
import { comparable, normalize } from '../../reward/words/normal-text.js';
import { isDisputed, optionByText, optionLetter } from '../../reward/options/answer-options.js';
import { firstTwins } from '../../reward/options/options-differ.js';
import { resolveOption } from '../../reward/reading/resolve-answer.js';
import { questionTypeSchema, type QuestionType } from '../../sample.js';
import { specialTokens } from '../special-tokens.js';
import type { Loose } from './loose-value.js';
import { answerOf, optionsOf, rationaleOf, textOf, type Fields } from './reply-fields.js';
import { withoutInvisible } from './reply-objects.js';
import type { ReplyRepair } from './reply-repairs.js';
import { drop, quote, replySchema, tidy, type ParsedReply, type Reply } from './reply-schema.js';

/** More than was asked for is no fault of the question; a list of everything is. */
const mostOptions = 10;
/** What is taken: a little more than what is asked for. */
const takenSchema = replySchema.extend({ options: z.array(z.string().min(1)).max(mostOptions) });

/** @param found The fields of a sample, or valid JSON of another kind: what is wrong with it is said in full. */
export function readSample(found: unknown, questionType: QuestionType, repairs: Set<ReplyRepair>): ParsedReply {
  const twice = found instanceof Map ? (found as Fields).get('conflict') : undefined;
  if (twice !== undefined) return drop('schema', `${String(twice)}: stands twice and says different things`);
  const parsed = takenSchema.safeParse(found instanceof Map ? asAsked(found as Fields, repairs) : found);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'reply'}: ${issue.message}`);
    return drop('schema', issues.join('; '));
  }
  return check(parsed.data, questionType, repairs);
}

/** The fields in the form that was asked for; what cannot be brought into it is left as it is, for the schema to refuse. */
function asAsked(fields: Fields, repairs: Set<ReplyRepair>): unknown {
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
    told['rationale'] = told['rationale'] === null ? '' : rationaleOf(fields.get('rationale'), repairs);
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

const plain = (value: Loose): unknown => (value instanceof Map ? {} : Array.isArray(value) ? value.map(plain) : value);

/** In whatever letters: `Modality_Recognition`. */
export function questionTypeNamed(text: string): string {
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
  if (lost.test([question, ...reply.options.map(clean), rationale, answerText].join(' ')))
    return drop('schema', 'question, options, rationale or answer: a character was lost on the way');
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

/** What decoding puts in place of bytes that it cannot read, half of a pair, and control characters, which nobody writes. */
const lost = /[\ufffd\p{Surrogate}\p{Control}]/u;

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
  const [, letter] = /^\W*([A-Za-z])(?:\W*$|\s*[).:])/.exec(text) ?? [];
  return letter === undefined || isDisputed(letter.toUpperCase(), options) ? null : resolveOption(text, options, true);
}

/** Takes off `A) `, `B. ` … where every option carries its own letter. */
function withoutLetters(options: string[]): string[] {
  const bare = options.map(
    (option, i) => new RegExp(`^\\(?${optionLetter(i)}\\s*[).:]\\s*(.+)$`, 'i').exec(option)?.[1],
  );
  return bare.every((option) => option !== undefined) ? bare : options;
}
