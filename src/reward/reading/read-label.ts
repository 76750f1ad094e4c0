/**
 * An expert's answer as it stands in a table: the option it names, or why it names none. The same reading as a completion's,
 * with the reason said, since a person can mend the row.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { isPolarity } from './yes-no.js';
import { readMentions } from '../options/option-mentions.js';
import { nameOption } from '../options/answer-options.js';
import { resolve } from './resolve-answer.js';
import { stancesOf } from './stance.js';
import { spelled } from '../words/word-list.js';

const joins = new Set([...lexicon.and, '+'].map(spelled));

/** The option that a label names, or why it names none. */
export type Label = { answer: string } | { reason: string };

/**
 * Reads a label of a data set as one of the options of its question, strictly: what can be read two ways is no label.
 * @param options As they were shown; an open question's answer is taken as written and needs no reading.
 * @returns The option, or the reason, to be read after `which`.
 * @example
 * readLabel('b', ['CT', 'MRI']); // → { answer: 'MRI' }
 */
export function readLabel(text: string, options: readonly string[]): Label {
  const resolution = resolve(text, options, true);
  return typeof resolution === 'object' && !saysMore(text, options)
    ? { answer: resolution.option }
    : { reason: whyNoLabel(text, options) };
}

/**
 * Whether a list goes on beyond the option: `effusion, mass` where no option is a mass. A completion may say more about its
 * answer; an expert who lists two findings has not chosen one.
 */
function saysMore(text: string, options: readonly string[]): boolean {
  if (nameOption(text, options) !== undefined) return false;
  const { words, owners } = readMentions(text, options, true);
  const listed = words.findIndex(
    ({ text: word, boundary }, i) => i > 0 && owners[i] === undefined && (boundary === 'clause' || joins.has(word)),
  );
  const said = owners.filter((owner) => owner !== undefined);
  return listed !== -1 && said.some(({ option }) => option !== null && !isPolarity(option));
}

/** Why a label names no option, to be read after `which`. */
export function whyNoLabel(text: string, options: readonly string[]): string {
  const reading = readMentions(text, options, true);
  const stood = stancesOf(reading);
  const named = [...new Set(stood.filter(({ stance }) => stance !== 'denied').map(({ option }) => option))];
  const known = named.filter((option) => option !== null);
  if (known.length > 1) return `names several of its options: ${known.join(', ')}`;
  if (named.length > 1) return 'names an option and something that is none of its options';
  if (stood.some(({ stance }) => stance === 'denied')) return 'says what the answer is not';
  if (stood.some(({ stance }) => stance === 'doubted'))
    return `leaves open whether it is ${known[0] ?? 'one of its options'}`;
  if (known.length === 1 && saysMore(text, options)) return `names ${known[0]} and goes on`;
  const quantity = reading.words.find((word) => word.text.startsWith('#'));
  if (quantity !== undefined && /^#[<>≤≥±]|^#than/.test(quantity.text))
    return 'is a bound, and none of its options is that bound';
  if (quantity !== undefined && /\d(?:\.\.|[x/:])/.test(quantity.text))
    return 'is a range, product or ratio that is none of its options';
  if (/(?<![\d.,])[1-9]\d{0,2}\.\d{2}0(?!\d)/.test(text))
    return 'has a number that may be read in two ways: write it without separators';
  return 'names none of its options, or not clearly';
}
