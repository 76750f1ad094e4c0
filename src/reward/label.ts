/**
 * An expert's answer as it stands in a table: the option it names, or why it names none. The same reading as a completion's,
 * with the reason said, since a person can mend the row.
 */
import { readMentions } from './mentions.js';
import { resolve } from './resolve.js';
import { stancesOf } from './stance.js';

export type Label = { answer: string } | { reason: string };

/** @param options Empty for an open question, whose answer is taken as written. */
export function readLabel(text: string, options: readonly string[]): Label {
  if (options.length === 0)
    return listedValues(text) > 1 ? { reason: `lists ${listedValues(text)} answers` } : { answer: text };
  const resolution = resolve(text, options, true);
  return typeof resolution === 'object' ? { answer: resolution.option } : { reason: whyNot(text, options) };
}

function whyNot(text: string, options: readonly string[]): string {
  const reading = readMentions(text, options, true);
  const stood = stancesOf(reading);
  const named = [...new Set(stood.filter(({ stance }) => stance !== 'denied').map(({ option }) => option))];
  const known = named.filter((option) => option !== null);
  if (known.length > 1) return `names several of its options: ${known.join(', ')}`;
  if (named.length > 1) return 'names an option and something that is none of its options';
  if (stood.some(({ stance }) => stance === 'denied')) return 'says what the answer is not';
  if (stood.some(({ stance }) => stance === 'doubted'))
    return `leaves open whether it is ${known[0] ?? 'one of its options'}`;
  const quantity = reading.words.find((word) => word.text.startsWith('#'));
  if (quantity !== undefined && /^#[<>≤≥±]|^#than/.test(quantity.text))
    return 'is a bound, and none of its options is that bound';
  if (quantity !== undefined && /\d(?:\.\.|[x/:])/.test(quantity.text))
    return 'is a range, product or ratio that is none of its options';
  if (/(?<![\d.,])[1-9]\d{0,2}\.\d{2}0(?!\d)/.test(text))
    return 'has a number that may be read in two ways: write it without separators';
  return 'names none of its options, or not clearly';
}

/** Values of a JSON list that stands in a text field. */
function listedValues(text: string): number {
  if (!/^\s*\[.*\]\s*$/s.test(text)) return 1;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.length : 1;
  } catch {
    return 1;
  }
}
