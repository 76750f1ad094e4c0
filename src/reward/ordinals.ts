/** Options spoken of by their place: `Option 2`, `the second option`, `the last one`. Letters are in letters.ts. */
import lexicon from './lexicon/phrases.json' with { type: 'json' };
import type { LetterMention } from './letters.js';
import { Phrases } from './phrases.js';
import { spelled, type Word } from './words.js';

const places = new Map(
  lexicon.ordinals.flatMap((names, index) => names.map((name) => [spelled(name), index] as const)),
);
const lasts = new Phrases({ last: lexicon.lasts });
const nouns = new Phrases({ noun: lexicon.optionNouns });
const numbered = new Phrases({ noun: lexicon.numberedNouns });
const joints = new Set([...lexicon.or, ...lexicon.and].map(spelled));
const ordinals = new Phrases({ ordinal: [...places.keys()] });

export function ordinalMentions(words: readonly Word[], options: number): LetterMention[] {
  const mentions: LetterMention[] = [];
  for (let i = 0; i < words.length; i++) {
    const found = atPlace(words, i, options) ?? behindNoun(words, i) ?? goingOn(words, i, mentions.at(-1));
    if (found === null) continue;
    mentions.push(found);
    i = found.end - 1;
  }
  return mentions;
}

/** `second option`, `last one`. */
function atPlace(words: readonly Word[], i: number, options: number): LetterMention | null {
  const length =
    ordinals.startingAt(words, i)?.length ??
    (/^[1-8]th$/.test(words[i]?.text ?? '') ? 1 : undefined) ??
    lasts.startingAt(words, i)?.length;
  if (length === undefined) return null;
  const noun = nouns.startingAt(words, i + length);
  if (noun === null || words[i + length]?.boundary !== 'none') return null;
  const text = words
    .slice(i, i + length)
    .map((word) => word.text)
    .join('');
  const counted = /^(\d)th$/.exec(text)?.[1];
  const index =
    places.get(text) ??
    (counted === undefined ? undefined : Number(counted) - 1) ??
    (lasts.startingAt(words, i) === null ? -1 : options - 1);
  // `The final answer is …` speaks of no place.
  if (text === 'final' || index === -1) return null;
  return { index, start: i, end: i + length + noun.length };
}

/** `Option 2`, `choice #2`. */
function behindNoun(words: readonly Word[], i: number): LetterMention | null {
  const noun = numbered.startingAt(words, i);
  if (noun === null) return null;
  const index = indexOf(words[i + noun.length]);
  return index === null ? null : { index, start: i, end: i + noun.length + 1 };
}

/** The `3` of `Option 2 or 3`. */
function goingOn(words: readonly Word[], i: number, last: LetterMention | undefined): LetterMention | null {
  if (last === undefined) return null;
  const between = words.slice(last.end, i);
  const index = indexOf(words[i]);
  const listed =
    between.every(({ text }) => joints.has(text)) && (between.length > 0 || words[i]?.boundary === 'clause');
  return index === null || !listed ? null : { index, start: i, end: i + 1 };
}

function indexOf(word: Word | undefined): number | null {
  const [, number] = /^#([1-9]\d?)$/.exec(word?.text ?? '') ?? [];
  return number === undefined ? null : Number(number) - 1;
}
