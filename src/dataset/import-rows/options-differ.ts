/** The rule that options must differ: two are one where they differ only by case, width or spaces. */
import { optionLetter } from '../../reward/options/answer-options.js';
import { normalize } from '../../reward/words/normal-text.js';
import type { Places } from './row-options.js';

export function firstTwins(places: Places): string | null {
  const seen = new Map<string, number>();
  for (const [index, option] of places.entries()) {
    if (option === null) continue;
    // Signs alone have no words to compare.
    const key = normalize(option) || option.trim();
    const first = seen.get(key);
    if (first !== undefined) return `${optionLetter(first)} and ${optionLetter(index)}, "${option}"`;
    seen.set(key, index);
  }
  return null;
}
