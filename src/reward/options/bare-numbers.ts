/** Numbers in a text whose options are numbers: which of them count what was asked, and which are sizes, grades or names. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import units from '../lexicon/units.json' with { type: 'json' };
import { Phrases, phraseWords } from '../words/phrases.js';
import type { Mention, Word } from '../words/word-list.js';

const inAll = new Phrases({ all: lexicon.inAll });
const numbered = new Set([...units.ranks, ...lexicon.notLabels].flatMap(phraseWords));
/** Words of a sentence that says a number and little else: `There are 3 nodules.` */
const shortSentence = 10;

function isOneCount(words: readonly Word[]): boolean {
  const isNumber = ({ text }: Word): boolean => text.startsWith('#');
  // `Two (2)` says one number twice.
  const numbers = new Set(words.filter(isNumber).map(({ text }) => text)).size;
  return (
    numbers === 1 &&
    words.length <= shortSentence &&
    words.every((word, i) => i === 0 || word.boundary === 'none' || (word.boundary === 'clause' && isNumber(word)))
  );
}

/** A number in prose may be any size: it stands beside another answer, but is none by itself. */
function isBareNumber(words: readonly Word[], { start, end }: Mention): boolean {
  return end - start === 1 && /^#[\d.-]+$/.test(words[start]?.text ?? '');
}

/** `3 ribs in all`, whatever other numbers stand before it. */
const isTotal = (words: readonly Word[], { end }: Mention): boolean =>
  inAll.within(words.slice(end, end + 4)) || inAll.within(words.slice(Math.max(0, end - 4), end - 1));

/** The `4` of `segment 4` counts nothing. */
const isNumbered = (words: readonly Word[], { start }: Mention): boolean =>
  words[start]?.boundary === 'none' && numbered.has(words[start - 1]?.text ?? '');

/**
 * Whether a number stands beside other answers, but is none by itself.
 * @param counts The text is an answer, in which a bare number counts.
 */
export function isNoCount(words: readonly Word[], mention: Mention, counts: boolean): boolean {
  if (!isBareNumber(words, mention)) return false;
  return isNumbered(words, mention) || !(counts || isOneCount(words) || isTotal(words, mention));
}
