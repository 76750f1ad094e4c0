/**
 * Whether a sentence that speaks of an option is one that answers: the option alone or beside words that any answer has,
 * behind `shows`, `is a` or `there is`, at a place (`a mass in the liver`), or before `is seen`. What another sentence says of
 * an option, as `The liver produces bile`, pays nothing; it stands beside an answer all the same.
 */
import asides from '../lexicon/asides.json' with { type: 'json' };
import findings from '../lexicon/findings.json' with { type: 'json' };
import frames from '../lexicon/frames.json' with { type: 'json' };
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import statements from '../lexicon/statements.json' with { type: 'json' };
import synonyms from '../lexicon/synonyms.json' with { type: 'json' };
import { articles, directionWords, genericWords, questionWords, readWords } from '../words/canonical-words.js';
import type { Clause } from '../reading/asides.js';
import { Phrases, phraseWords } from '../words/phrases.js';
import { stemmed, type Word } from '../words/word-list.js';

const singleWords = (lists: readonly (readonly string[])[]): Set<string> =>
  new Set(
    lists
      .flat()
      .flatMap((phrase) => [...phraseWords(phrase), ...readWords(phrase).map(({ text }) => text)])
      .map(stemmed),
  );

/** Words that any answer may have. */
const common = singleWords([
  lexicon.neutral,
  lexicon.presence,
  lexicon.fillers,
  lexicon.copulas,
  lexicon.answerCopulas,
  lexicon.chooseVerbs,
  lexicon.answerNouns,
  lexicon.choiceNouns,
  lexicon.choiceQualifiers,
  lexicon.optionNouns,
  lexicon.labelWords,
  lexicon.conclusions,
  lexicon.afterLetter,
  lexicon.denials,
  lexicon.deniedAfter,
  lexicon.fits,
  lexicon.or,
  lexicon.and,
  lexicon.notDenials,
  lexicon.preferences,
  statements.subjects,
  statements.pronouns,
  statements.identifies,
  statements.shows,
  statements.places,
  statements.leadIns,
  statements.selfContained,
  asides.studies,
  asides.whole,
  asides.wholeHan,
  findings.neutral,
  findings.states,
  synonyms.generic,
  synonyms.directions,
  frames.common,
]);
const leads = new Phrases({
  lead: [
    ...statements.identifies,
    ...statements.shows,
    ...statements.selfContained,
    ...findings.states,
    ...lexicon.chooseVerbs,
    ...asides.recommended,
    ...frames.before,
  ],
});
const follows = new Phrases({ seen: [...findings.seen, ...lexicon.fits, ...asides.recommended, ...frames.after] });
const places = singleWords([statements.places]);
const opensAside = singleWords([frames.opensAside]);
const heads = new Set([...genericWords, ...singleWords([frames.heads])]);
const these = singleWords([frames.these]);
const functional = singleWords([
  statements.pronouns,
  lexicon.copulas,
  statements.places,
  statements.parts,
  frames.opensAside,
  frames.verbs,
]);
const modalities = new Set(synonyms.modalities.flatMap(([name = '']) => readWords(name).map(({ text }) => text)));
/** Words of a study's name: `CT of the abdomen and pelvis`. */
const longestStudyName = 7;
const adverb = /..(?:ly|lich|weise|ment|mente|mento)$/;

export function isFramed({ words, start, end, from, to, isOption, question }: Clause): boolean {
  // Of a number it is asked elsewhere what it counts.
  if (words.slice(start, end).some(({ text }) => text.startsWith('#'))) return true;
  const asked = new Set(questionWords(question).map(({ text }) => stemmed(text)));
  const isKnown = (word: Word, at: number): boolean => isOption(at) || isCommon(word, asked);
  const [left, right] = [words.slice(from, start), words.slice(end, to)];
  const plain = left.every((word, i) => isKnown(word, from + i));
  if (plain && (saysNoMore(words, start, end) || right.every((word, i) => isKnown(word, end + i)))) return true;
  // `This axial CT shows the liver`.
  if (plain && left.some(({ text }) => these.has(stemmed(text)))) return true;
  if (leads.within(left) || follows.within(right)) return true;
  if (isFragment(words, start, end)) return true;
  const nouns = left.filter(({ text }) => !articles.has(text));
  return places.has(stemmed(nouns.at(-1)?.text ?? ''));
}

/** `Tc-99m MDP bone scan`, `CT abdomen with contrast`: a few words without a verb, that end with what they name, or name a study. */
function isFragment(words: readonly Word[], start: number, end: number): boolean {
  const bare = (word: Word): boolean => !isFunctional(word) || opensAside.has(word.text);
  if (modalities.has(words[start]?.text ?? '') && words.length <= longestStudyName && words.every(bare)) return true;
  const left = words.slice(0, start);
  return (
    end === words.length &&
    left.length <= 4 &&
    left.every((word, i) => !isFunctional(word) && (i === 0 || word.boundary === 'none'))
  );
}

const isFunctional = ({ text }: Word): boolean => articles.has(text) || functional.has(stemmed(text));

function isCommon({ text }: Word, asked: ReadonlySet<string>): boolean {
  const plain = stemmed(text);
  const named = /\p{L}{2}|\p{Script=Han}/u.test(text);
  return !named || articles.has(text) || common.has(plain) || asked.has(plain) || adverb.test(text);
}

/** `CT scan of the abdomen`, `left lung`: what stands behind it is said of it in passing. */
function saysNoMore(words: readonly Word[], start: number, end: number): boolean {
  if (words.slice(start, end).every(({ text }) => directionWords.has(text) || text === 'both')) return true;
  let next = end;
  while (heads.has(stemmed(words[next]?.text ?? ''))) next++;
  return opensAside.has(words[next]?.text ?? '');
}
