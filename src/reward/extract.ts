/**
 * The answer a completion gives, and whether it is right: the only answer-matching rules, for rewards, preferences and
 * evaluation alike. An answer is found or it is not; nothing is ever guessed.
 */
import type { Sample } from '../sample.js';
import { answerBlock, isWellFormed, outsideThinking, type ResponseFormat } from './format.js';
import { affirmedOption, mentionedOptions } from './mentions.js';
import { optionByText, readLetter, type LetterReading } from './options.js';
import { comparable, normalize, tokenize } from './text.js';

export interface Extraction {
  /** The option's text, or for an open question the answer as written; null where no answer was found. */
  answer: string | null;
  wellFormed: boolean;
}

/**
 * Reads the answer of a completion. The last non-empty answer block counts; without one, what stands outside the
 * reasoning. `options` in the order they were shown, empty for an open question.
 */
export function extract(text: string, options: readonly string[], format: ResponseFormat = 'either'): Extraction {
  const wellFormed = isWellFormed(text, format);
  const block = answerBlock(text);
  const body = block ?? outsideThinking(text);
  const answer = options.length > 0 ? resolveOption(body, options, block !== null) : openAnswer(body, block !== null);
  return { answer, wellFormed };
}

/** Whether two answers to the same question say the same. */
export function answersMatch(a: string, b: string, options: readonly string[]): boolean {
  if (options.length > 0) {
    const left = resolveOption(a, options, true);
    return left !== null && left === resolveOption(b, options, true);
  }
  const [left, right] = [comparable(a), comparable(b)];
  if (left === '' || right === '') return false;
  if (left === right) return true;
  const closed = [left, right].some((answer) => answer === 'yes' || answer === 'no');
  return closed && polarity(a) !== null && polarity(a) === polarity(b);
}

/** The indicator of MedGR² eq. 3: 1[extract(a') = extract(a)]. A completion without an answer is not correct. */
export function isCorrect(completion: string, sample: Pick<Sample, 'options' | 'answer'>): boolean {
  const { answer } = extract(completion, sample.options);
  return answer !== null && answersMatch(answer, sample.answer, sample.options);
}

/**
 * The option that a text gives as its answer, or null. An option's own words come before its letter, so that an option
 * `A` in second place is what `A` means; a letter whose text belongs to another option means nothing.
 * `bounded`: the text is an answer block, not prose around an answer.
 */
export function resolveOption(text: string, options: readonly string[], bounded: boolean): string | null {
  const named = nameOf(text, options);
  if (named !== undefined) return named;
  for (const segment of cuedSegments(text)) {
    const cued = nameOf(segment, options);
    if (cued !== undefined && !/^[ai]$/.test(segment.trim())) return cued;
    const affirmed = affirmedOption(segment, options, true);
    if (affirmed !== null) return affirmed;
  }
  const saysYesOrNo = polarity(text);
  return (saysYesOrNo === null ? null : optionByText(saysYesOrNo, options)) ?? affirmedOption(text, options, bounded);
}

/** The option named outright; null for a contradiction, undefined where the text names none. */
function nameOf(text: string, options: readonly string[]): string | null | undefined {
  const exact = options.find((option) => normalize(option) === normalize(text));
  if (exact !== undefined) return optionByText(text, options);
  const reading = readLetter(text, options);
  if (reading === null) return optionByText(text, options) ?? undefined;
  return holdsGood(reading, options) ? reading.option : null;
}

const deniedLetter = /^(?:is|was|seems|would be|can be)\s+(?:not|in\w+|un\w+|wrong|false|excluded|ruled)\b/i;

/** Whether what follows a letter leaves it standing: names no other option beside or instead, and does not deny it. */
function holdsGood({ option, rest }: LetterReading, options: readonly string[]): boolean {
  if (rest === '' || normalize(rest) === normalize(option)) return true;
  if (deniedLetter.test(rest) || otherLetter(option, rest, options)) return false;
  const named = optionByText(rest, options);
  if (named !== null) return named === option;
  const { affirmed, denied } = mentionedOptions(rest, options, true);
  if (denied.has(option)) return false;
  return affirmed.size === 0 || affirmed.has(option);
}

/** `A and B`, `A, B`, or a list of lettered options. */
function otherLetter(option: string, rest: string, options: readonly string[]): boolean {
  if (/^\W*(?:and|or)?\W*(?:option\s+)?\(?[A-Z]\)?(?:\W*$|\s+(?:and|or)\b)/.test(rest)) return true;
  return [...rest.matchAll(/(?:^|\s)\(?([A-Z])[).:](?=\s)/g)].some(([, letter = '']) => {
    const other = options[letter.charCodeAt(0) - 65];
    return other !== undefined && other !== option;
  });
}

/** `The answer is`, `Answer:`, `I choose`, `\boxed`, `option B`. */
const cue = new RegExp(
  [
    '\\b(?:answer|option|choice|diagnosis)\\b[^.\\n:=]{0,40}?(?:\\bis\\b|\\bwould be\\b|\\bshould be\\b|\\bmust be\\b|:|=)',
    '\\b(?:choose|select|pick|go with)\\b',
    '\\\\boxed',
    '\\b(?:option|choice)(?=\\s+\\(?[A-Z]\\b)',
  ].join('|'),
  'gi',
);

/** A text that keeps saying `the answer is` is read from its end, this many times, and not far beyond each. */
const lastCues = 8;
const longestSegment = 400;

/** What follows `the answer is` and its like, last first: to the end of the line, then of the sentence. */
function cuedSegments(text: string): string[] {
  const cues = [...text.matchAll(cue)].slice(-lastCues).toReversed();
  return cues.flatMap(({ index, 0: found }) => {
    const after = text.slice(index + found.length, index + found.length + longestSegment);
    const line = (after.split('\n')[0] ?? '').replace(/^[\s:=*]+/, '');
    const sentence = line.split(/[.!?](?=\s|$)/)[0] ?? '';
    return line === sentence ? [line] : [line, sentence];
  });
}

/** `yes` or `no` where the text opens with it as an answer of its own; `No fracture` is a finding, not an answer. */
function polarity(text: string): 'yes' | 'no' | null {
  const [first, second] = tokenize(text);
  if (second?.glued === true || second?.text === 'or') return null;
  if (first?.text === 'yes') return 'yes';
  return first?.text === 'no' && (second === undefined || second.boundary !== 'none') ? 'no' : null;
}

/** Words an unmarked line may have and still be the answer to an open question rather than talk around it. */
const longestUnmarkedAnswer = 12;

function openAnswer(text: string, bounded: boolean): string | null {
  const segment = cuedSegments(text).find((candidate) => normalize(candidate) !== '');
  const answer = (segment ?? text).replace(/\s+/g, ' ').trim();
  const words = tokenize(answer).length;
  if (words === 0) return null;
  return bounded || segment !== undefined || (words <= longestUnmarkedAnswer && !text.includes('\n')) ? answer : null;
}
