/**
 * The rule that options must differ, for imported rows, generated questions and samples of a script alike: two are one
 * where no answer could tell them apart, as by case, width, spaces, an article, or a number in words.
 */
import { comparable } from '../words/normal-text.js';
import { optionLetter } from './answer-options.js';

/**
 * @param options null where a place is empty.
 * @returns The letters and text of the first two that are one, in words; null where all differ.
 */
export function firstTwins(options: readonly (string | null)[]): string | null {
  const seen = new Map<string, number>();
  for (const [index, option] of options.entries()) {
    if (option === null) continue;
    // Signs alone have no words to compare.
    const key = comparable(option) || option.trim();
    const first = seen.get(key);
    if (first !== undefined) return `${optionLetter(first)} and ${optionLetter(index)}, "${option}"`;
    seen.set(key, index);
  }
  return null;
}
