/** Whether a stretch of words leaves open what it speaks of: `perhaps`, `kann … sein`, `cannot be excluded`, `not impossible`. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import statements from '../lexicon/statements.json' with { type: 'json' };
import { Phrases } from '../words/phrases.js';
import { spelled, type Word } from '../words/word-list.js';

const idioms = new Phrases({ idiom: lexicon.notDenials });
const doubts = new Phrases({ doubt: lexicon.doubts });
const pairs = lexicon.doubtPairs.map((pair) => pair.map(spelled));
const exclusions = new Phrases({ exclusion: lexicon.exclusions });
const negations = new Phrases({ negation: lexicon.negations });
const hesitations = new Phrases({ hesitation: statements.hesitations });
/** Words between a negation and what it negates: `cannot at this point be excluded`. */
const near = 5;

export function isLeftOpen(words: readonly Pick<Word, 'text'>[]): boolean {
  const rest = withoutIdioms(words);
  if (doubts.within(rest)) return true;
  if (pairs.some(([first, last]) => follows(rest, first, last))) return true;
  return isNotExcluded(rest);
}

/** `Cannot be excluded`, `nicht auszuschließen`. */
export function isNotExcluded(words: readonly Pick<Word, 'text'>[]): boolean {
  return words.some((_, i) => exclusions.startingAt(words, i) !== null && isNegated(words, i));
}

/** `Wait`, `let me check again`: whatever follows is not what was said before. */
export const hesitates = (words: readonly Pick<Word, 'text'>[]): boolean => hesitations.startingAt(words, 0) !== null;

/** `Perhaps`, and nothing else. */
export function isOnlyDoubt(words: readonly Pick<Word, 'text'>[]): boolean {
  const found = doubts.startingAt(words, 0);
  return found !== null && found.length === words.length;
}

/** `Das kann ein CT sein`. */
function follows(words: readonly Pick<Word, 'text'>[], first = '', last = ''): boolean {
  const texts = words.map(({ text }) => text);
  const at = texts.indexOf(first);
  return at !== -1 && texts.includes(last, at + 1);
}

/** What is not excluded may be so; Japanese and Korean negate behind the verb. */
function isNegated(words: readonly Pick<Word, 'text'>[], at: number): boolean {
  const length = exclusions.startingAt(words, at)?.length ?? 1;
  return (
    negations.within(words.slice(Math.max(0, at - near), at)) ||
    negations.within(words.slice(at + length, at + length + near))
  );
}

/** `No doubt` and `not only` leave nothing open. */
function withoutIdioms(words: readonly Pick<Word, 'text'>[]): readonly Pick<Word, 'text'>[] {
  const out: Pick<Word, 'text'>[] = [];
  for (let i = 0; i < words.length;) {
    const idiom = idioms.startingAt(words, i);
    if (idiom === null) out.push(words[i] as Word);
    i += idiom?.length ?? 1;
  }
  return out;
}
