/**
 * The answer a completion gives, and whether it is right: the only answer-matching rules, for rewards, preferences and
 * evaluation alike. An answer is found or it is not; nothing is ever guessed, and what could be two answers is none.
 */
import type { Sample } from '../../sample.js';
import { isWellFormed, spokenAnswers, outsideThinking, type ResponseFormat } from '../response-format.js';
import { takesBack } from '../options/beside-answer.js';
import { openAnswer, openMatch, opensAnother } from './open-answer.js';
import { resolveOption } from './resolve-answer.js';
import { statesAnother } from './other-statement.js';
import { readWords } from '../words/canonical-words.js';
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { Phrases } from '../words/phrases.js';

/** What was read of a completion. */
export interface Extraction {
  /** The option's text, or for an open question the answer as written; null where no answer was found. */
  answer: string | null;
  wellFormed: boolean;
}

const retractions = new Phrases({ retraction: lexicon.retractions });

/**
 * Reads the answer of a completion. Answer blocks outside the reasoning count; without one, what stands outside it. Blocks
 * that differ give no answer, unless the text between them takes the earlier one back.
 * @param options In the order they were shown, empty for an open question.
 * @param question May say which finding is meant by `present`, or which unit by `3,5`.
 * @example
 * extract('<think>Bright CSF.</think><answer>B</answer>', ['CT', 'MRI']); // → { answer: 'MRI', wellFormed: true }
 * extract('It may be CT or MRI.', ['CT', 'MRI']).answer; // → null
 */
export function extract(
  text: string,
  options: readonly string[],
  format: ResponseFormat = 'either',
  question = '',
): Extraction {
  const read = (body: string, bounded: boolean): string | null =>
    options.length > 0 ? resolveOption(body, options, bounded, question) : openAnswer(body, bounded);
  return { answer: readBlocks(text, options, question, read), wellFormed: isWellFormed(text, format) };
}

function readBlocks(
  text: string,
  options: readonly string[],
  question: string,
  read: (body: string, bounded: boolean) => string | null,
): string | null {
  const { blocks, after } = spokenAnswers(text);
  if (blocks.length === 0) return read(outsideThinking(text), false);
  let answer: string | null = null;
  for (const [i, { content, between }] of blocks.entries()) {
    const said = read(content, true);
    const same = said !== null && answer !== null && answersMatch(answer, said, options);
    if (i > 0 && !same && !retractions.within(readWords(between))) return null;
    answer = said;
  }
  if (answer === null) return null;
  // `The image is a CT scan. <answer>A</answer>`, where A is MRI.
  const beside = [...blocks.map(({ between }) => between), after].join('\n');
  if (options.length > 0 && statesAnother(beside, answer, options, question)) return null;
  // `<answer>B</answer>, but C is possible too`.
  const another = options.length > 0 ? takesBack(after, answer, options) : opensAnother(after);
  return another ? null : answer;
}

/**
 * Whether two answers to the same question say the same.
 * @param options In the order they were shown, empty for an open question.
 * @example
 * answersMatch('B', 'mri', ['CT', 'MRI']); // → true
 */
export function answersMatch(a: string, b: string, options: readonly string[]): boolean {
  if (options.length === 0) return openMatch(a, b);
  const left = resolveOption(a, options, true);
  return left !== null && left === resolveOption(b, options, true);
}

/** A question with its options and its right answer. */
export type Key = Pick<Sample, 'options' | 'answer'> & { question?: string | undefined };

export interface Judged extends Extraction {
  correct: boolean;
}

/** A completion read beside the key. A completion without an answer is not correct. */
export function judgeCompletion(
  completion: string,
  { options, answer: key, question }: Key,
  format: ResponseFormat = 'either',
): Judged {
  const extraction = extract(completion, options, format, question);
  const { answer } = extraction;
  if (answer !== null) return { ...extraction, correct: answersMatch(answer, key, options) };
  const verbatim = options.length === 0 && isVerbatim(completion, key);
  return verbatim ? { ...extraction, answer: key, correct: true } : { ...extraction, correct: false };
}

/**
 * The indicator of MedGR² eq. 3: 1[extract(a') = extract(a)]. A completion without an answer is not correct.
 * @example
 * isCorrect('The answer is (B).', { options: ['CT', 'MRI'], answer: 'MRI' }); // → true
 */
export function isCorrect(completion: string, sample: Key): boolean {
  return judgeCompletion(completion, sample).correct;
}

/** An open answer as long as its key, copied word for word, is no talk around an answer. */
function isVerbatim(completion: string, key: string): boolean {
  const [block, ...more] = spokenAnswers(completion).blocks;
  return more.length === 0 && openMatch(block?.content ?? outsideThinking(completion), key, 'verbatim');
}
