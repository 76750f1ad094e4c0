/**
 * Letters that stand for options within a sentence. A lone letter may also be an article, a pronoun or part of a name
 * (`vitamin B`, `C. difficile`): it counts where its marks, its neighbours or its place leave no other reading.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { phraseWords } from '../words/phrases.js';
import { spelled, type Word } from '../words/word-list.js';

export interface LetterMention {
  /** Number of the option, from 0; beyond the last where the letter has none. */
  index: number;
  start: number;
  end: number;
}

const labelWords = new Set(lexicon.labelWords.map(spelled));
const notLabels = new Set(lexicon.notLabels.map(spelled));
const joins = new Set([...lexicon.or, ...lexicon.and].flatMap((phrase) => phraseWords(phrase).at(-1) ?? []));
const ordinals = new Set(lexicon.ordinals.flat().map(spelled));
const fillers = new Set(lexicon.fillers.map(spelled));
const afterLetter = new Set(lexicon.afterLetter.map(spelled));
const verdict = /^(?:is|was|are|were|ist|est|es|seems|looks|appears)$/;
/** Words of a clause that are looked at on each side. */
const reach = 20;
/** `E. coli`, `C. difficile`. */
const genus = /^\.\s+\p{Ll}/u;

export interface LetterContext {
  words: readonly Word[];
  /** What the places of words refer to. */
  prepared: string;
  options: number;
  /** Letters that are themselves options, in lower case. */
  own: ReadonlySet<string>;
  /** The text is an answer, not prose around one: bare capitals are letters. */
  bounded: boolean;
}

export function letterMentions(context: LetterContext): LetterMention[] {
  const { words, options } = context;
  const labels = words.map((word, i) => letterIndex(word) !== null && isLabel(context, i));
  return words.flatMap((word, i) => {
    const index = letterIndex(word);
    if (index === null || !(labels[i] === true || isCarried(context, labels, i))) return [];
    // A letter that no option has is no answer, but it may be half of `N/A`.
    return index < options || context.bounded || isMarked(context, i) ? [{ index, start: i, end: i + 1 }] : [];
  });
}

/** Beside another letter a capital is one too, whatever the words around it: `Only D remains after ruling out A`. */
function isCarried(context: LetterContext, labels: readonly boolean[], i: number): boolean {
  const word = context.words[i] as Word;
  const named = i > 0 && word.boundary === 'none' && notLabels.has(context.words[i - 1]?.text ?? '');
  if (word.raw !== word.raw.toUpperCase() || word.raw === 'I' || named) return false;
  // `A novice would choose B`, but `A first choice, B second`.
  if (isArticle(context, i) && !ordinals.has(context.words[i + 1]?.text ?? '')) return false;
  return besideLetter(context.words, labels, i) && !isPartOfWord(context, i) && !isAbbreviated(context, i);
}

/** Whether another word of the sentence, within reach, is a letter for an option. */
function besideLetter(words: readonly Word[], labels: readonly boolean[], i: number): boolean {
  for (let k = i + 1; k < Math.min(words.length, i + reach) && words[k]?.boundary !== 'sentence'; k++)
    if (labels[k] === true) return true;
  for (let k = i; k > Math.max(0, i - reach) && words[k]?.boundary !== 'sentence'; k--)
    if (labels[k - 1] === true) return true;
  return false;
}

function letterIndex({ raw }: Word): number | null {
  return /^[A-Za-z]$/.test(raw) ? raw.toUpperCase().charCodeAt(0) - 65 : null;
}

function isLabel(context: LetterContext, i: number): boolean {
  const { words, prepared, bounded } = context;
  const word = words[i] as Word;
  const [previous, next] = [words[i - 1], words[i + 1]];
  const after = prepared.slice(word.end, word.end + 8);
  if (isPartOfWord(context, i) || isAbbreviated(context, i) || isElided(words, i)) return false;
  if (genus.test(after) && !/^[A-Z]\.\s+(?:and|or|because|is|then)\b/.test(prepared.slice(word.start, word.start + 12)))
    return false;
  if (isMarked(context, i)) return true;
  if (previous !== undefined && word.boundary === 'none' && notLabels.has(previous.text)) return false;
  if (previous !== undefined && word.boundary === 'none' && labelWords.has(previous.text))
    return word.raw === 'A' || !isArticle(context, i);
  // `B as well as a`.
  if (joins.has(previous?.text ?? '') && (next === undefined || next.boundary !== 'none')) return true;
  if (onlyLettersAround(context, i)) return true;
  const capital = word.raw === word.raw.toUpperCase() || context.own.has(word.raw);
  if (!capital || isArticle(context, i)) return false;
  const opens = i === 0 || word.boundary !== 'none';
  const judged = verdict.test(next?.text ?? '') || (opens && afterLetter.has(next?.text ?? ''));
  return bounded || (next?.boundary === 'none' && judged);
}

/** `(B)`, `B)`, `[B]`, `B:`, `**B**`, `"B"`, `B.` before a capital or the end. */
function isMarked({ words, prepared, bounded }: LetterContext, i: number): boolean {
  const word = words[i] as Word;
  const [before, after] = [
    prepared.slice(Math.max(0, word.start - 4), word.start),
    prepared.slice(word.end, word.end + 8),
  ];
  if (/[([{]\s*$/.test(before) && /^\s*[)\]}.,:;]/.test(after)) return true;
  if (/[*_`"'“”$]$/.test(before.slice(-1)) && /^[*_`"'“”$]/.test(after)) return true;
  if (/^[)\]}]/.test(after)) return true;
  const opens = i === 0 || word.boundary !== 'none';
  if (!opens) return false;
  if (/^\s?[:：](?!\d)/.test(after) || /^\s*[—–]\s*\S/.test(after) || /^\s+-+\s/.test(after)) return true;
  return (
    /^[.。、](?:\s|$|(?=[^\s.\d]))/.test(after) &&
    (bounded || /^[.。、]\s*(?:\p{Lu}|\p{N}|\P{ASCII}|\n|$)/u.test(after))
  );
}

/** `B-cell`, `T2`, `C's`; not `A/B` and `A-B`, which are letters on both sides. */
function isPartOfWord({ words, prepared }: LetterContext, i: number): boolean {
  const word = words[i] as Word;
  const next = words[i + 1];
  if (/^['’]\p{L}/u.test(prepared.slice(word.end, word.end + 2))) return true;
  if (word.glued && letterIndex(words[i - 1] as Word) === null && !labelWords.has(words[i - 1]?.text ?? ''))
    return true;
  return next?.glued === true && letterIndex(next) === null;
}

/** The `l` of `l'option`. */
function isElided(words: readonly Word[], i: number): boolean {
  const next = words[i + 1];
  return /^[ldnj]$/.test(words[i]?.raw ?? '') && next?.boundary === 'none' && /^[aeiouh]..+/.test(next.text);
}

/** `i.e.`, `e.g.`, `N/A` */
function isAbbreviated({ words, prepared }: LetterContext, i: number): boolean {
  const { start, end } = words[i] as Word;
  return (
    /(?:^|[^\p{L}\p{N}])n\/a$/iu.test(prepared.slice(Math.max(0, start - 3), end)) ||
    /^[a-z]\.\s?[a-z]\./.test(prepared.slice(start, end + 4)) ||
    /[a-z]\.\s?[a-z]\.$/.test(prepared.slice(Math.max(0, start - 3), end + 1))
  );
}

/** `A cyst`, `a shadow`, `I think`. */
function isArticle({ words, prepared }: LetterContext, i: number): boolean {
  const [{ raw }, next] = [words[i] as Word, words[i + 1]];
  if (!/^[AaIi]$/.test(raw)) return false;
  if (next === undefined || next.boundary !== 'none' || next.glued || !/^[\p{Script=Latin}#]/u.test(next.text))
    return false;
  // `1. A 2. B` is a list, `A 2 cm mass` is not.
  if (next.text.startsWith('#') && /^[.)]/.test(prepared.slice(next.end, next.end + 1))) return false;
  return (
    /^[Ii]$/.test(raw) ||
    (!afterLetter.has(next.text) && letterIndex(next) === null) ||
    (raw === 'a' && !joins.has(next.text) && !verdict.test(next.text))
  );
}

/** Whether a clause says nothing but letters and words such as `so`, `option`, `it is`. */
function onlyLettersAround(context: LetterContext, i: number): boolean {
  const { words } = context;
  const plain = (word: Word): boolean =>
    letterIndex(word) !== null || fillers.has(word.text) || /^#\S*%$|^[%&+=/|]$/.test(word.text);
  for (let k = i; k >= Math.max(0, i - reach); k--) {
    if (!plain(words[k] as Word)) return false;
    if (words[k]?.boundary !== 'none') break;
  }
  for (let k = i + 1; k < Math.min(words.length, i + reach) && words[k]?.boundary === 'none'; k++)
    if (!plain(words[k] as Word)) return false;
  return !isArticle(context, i) || letterIndex(words[i + 1] as Word) !== null;
}
