/** A rationale cut into words that can be exchanged in place. */

import { functionWords } from './protected-words.js';

export interface Word {
  text: string;
  /** In lower case. */
  lower: string;
  /** Offsets in the text, end exclusive. */
  start: number;
  end: number;
}

/** Words of letters; `T2-weighted` and `patient's` are one word each, numbers are words too. */
export function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu)].map((match) => ({
    text: match[0],
    lower: match[0].toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Rough word stem, enough to see that `cells` in a gloss and `cell` in a question are the same. */
export function stem(word: string): string {
  return word
    .toLowerCase()
    .replace(/(?:ies|y)$/, 'i')
    .replace(/(?:ing|ed|es|s)$/, '')
    .replace(/e$/, '');
}

export function isContent(word: Pick<Word, 'lower'>): boolean {
  return !functionWords.has(word.lower);
}

/** Stems of a text's content words. */
export function contentStems(text: string): Set<string> {
  return new Set(
    wordsOf(text)
      .filter(isContent)
      .map((word) => stem(word.lower)),
  );
}

export interface Replacement {
  start: number;
  end: number;
  text: string;
}

/** Applies replacements that do not overlap. */
export function replaceRanges(text: string, replacements: readonly Replacement[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: insert } of [...replacements].sort((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + insert;
    at = end;
  }
  return result + text.slice(at);
}
