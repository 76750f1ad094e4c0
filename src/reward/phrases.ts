/** Lists of phrases, found among words: which of them begins or ends at a place, longest first. */
import { cutWords, prepare, type Word } from './words.js';

export interface FoundPhrase {
  /** Of the list it stands in. */
  name: string;
  length: number;
}

/** Words of a phrase in the reader's spelling. */
export function phraseWords(phrase: string): string[] {
  return cutWords(prepare(phrase)).map(({ text }) => text);
}

export class Phrases {
  private readonly names = new Map<string, string>();
  private readonly longest: number = 0;
  /** Words of the longest phrase that begins with each word. */
  private readonly longestFrom = new Map<string, number>();

  /** By name, each with its phrases. */
  constructor(lists: Readonly<Record<string, readonly string[]>>) {
    for (const [name, phrases] of Object.entries(lists)) {
      for (const phrase of phrases) {
        const words = phraseWords(phrase);
        this.names.set(words.join(' '), name);
        this.longest = Math.max(this.longest, words.length);
        const [first = ''] = words;
        this.longestFrom.set(first, Math.max(this.longestFrom.get(first) ?? 0, words.length));
      }
    }
  }

  startingAt(words: readonly Pick<Word, 'text'>[], start: number): FoundPhrase | null {
    const longest = this.longestFrom.get(words[start]?.text ?? '') ?? 0;
    for (let length = Math.min(longest, words.length - start); length > 0; length--) {
      const name = this.names.get(textOf(words, start, start + length));
      if (name !== undefined) return { name, length };
    }
    return null;
  }

  /** Ending with the last word. */
  endingAt(words: readonly Pick<Word, 'text'>[]): FoundPhrase | null {
    for (let length = Math.min(this.longest, words.length); length > 0; length--) {
      const name = this.names.get(textOf(words, words.length - length, words.length));
      if (name !== undefined) return { name, length };
    }
    return null;
  }

  /** Whether any stands among the words. */
  within(words: readonly Pick<Word, 'text'>[]): boolean {
    return words.some((_, i) => this.startingAt(words, i) !== null);
  }
}

function textOf(words: readonly Pick<Word, 'text'>[], start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += (i === start ? '' : ' ') + (words[i]?.text ?? '');
  return text;
}
