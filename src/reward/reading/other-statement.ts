/**
 * What a text says outright of the image beside the answer that it declares: `The image is a CT scan. Answer: A`, where A is
 * MRI, could be paid under both, and so is paid under none. Reasons, comparisons, doubts and what is corrected say nothing.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import statements from '../lexicon/statements.json' with { type: 'json' };
import { articles, readWords } from '../words/canonical-words.js';
import { Phrases } from '../words/phrases.js';
import { cutWords, prepare, type Word } from '../words/word-list.js';
import { readMentions, type Reading } from '../options/option-mentions.js';
import { conjunctions } from './denied-options.js';
import { asksForAbsence, sameFinding } from './absent-finding.js';
import { stancesOf } from './stance.js';
import { findingOption, isPolarity } from './yes-no.js';

const subjects = new Phrases({ subject: statements.subjects });
const pronouns = new Phrases({ pronoun: statements.pronouns });
const selfContained = new Phrases({ own: statements.selfContained });
const openings = new Phrases({ opening: [...lexicon.conclusions, ...lexicon.and] });
const identities = new Phrases({ is: statements.identifies });
const shown = new Phrases({ shows: statements.shows });
const places = new Phrases({ place: statements.places });
const parts = new Phrases({ part: statements.parts });
const corrections = new Phrases({ correction: statements.corrections });
/** Words between `is` and the option, and between the subject and `is`. */
const [longestGap, longestSubject] = [6, 8];

/** Words of a text that leaves no room for a reason: whatever else it says is its statement. */
const shortText = 15;

/**
 * Whether the text says that the image is, or shows, another option than the one that it declares.
 * @param prose What stands before the declaration, where it is a bare letter.
 */
export function statesAnother(
  text: string,
  option: string,
  options: readonly string[],
  question = '',
  prose = text,
): boolean {
  const standing = afterLast(text, corrections);
  if (!/\p{L}{2}/u.test(standing)) return false;
  if (standing === text && saysOnlyOther(prose, option, options)) return true;
  return saysOther(standing, option, options) || findsOther(standing, option, options, question);
}

/** What a text says behind the last place where it takes back what stands before; all of it where there is none. */
export function afterLast(text: string, marks: Phrases): string {
  const prepared = prepare(text);
  const words = cutWords(prepared);
  const last = words.findLastIndex((_, i) => marks.startingAt(words, i) !== null);
  return last === -1 ? text : prepared.slice(words[last]?.end);
}

/** `A CT scan of the chest.`: one sentence, and no word or letter of another option in it. */
function saysOnlyOther(prose: string, option: string, options: readonly string[]): boolean {
  const sentences = prose.split(/[\n;。]|[.!](?=\s|$)/).filter((one) => readWords(one).length > 2 || /:/.test(one));
  const reading = readMentions(sentences.length === 1 ? (sentences[0] ?? '') : prose.trim(), options, false);
  const { words, mentions } = reading;
  if (sentences.length > 1 || words.length > shortText || mentions.length === 0) return false;
  return stancesOf(reading).every(
    ({ by, stance, option: named, start }) =>
      by === 'words' &&
      stance === 'said' &&
      named !== null &&
      named !== option &&
      !isPolarity(named) &&
      !words
        .slice(Math.max(0, start - 3), start)
        .some(({ text }, i, near) => parts.startingAt(near, i) !== null && !means.test(text)),
  );
}

/** `Performed with CT`. */
const means = /^(?:with|by|mit|avec|con|com)$/;

function saysOther(text: string, option: string, options: readonly string[]): boolean {
  const reading = readMentions(text, options, false);
  if (!reading.mentions.some((one) => one.by === 'words' && one.option !== option)) return false;
  const said = stancesOf(reading).flatMap(({ stance, by, option: named, start }) =>
    stance === 'said' && by === 'words' && named !== null && !isPolarity(named) ? [{ named, start }] : [],
  );
  const stating = (verbs: Phrases): string[] =>
    said.filter(({ start }) => isStated(reading, start, verbs)).map(({ named }) => named);
  if (stating(identities).some((named) => named !== option)) return true;
  // An image may show several things, of which one was asked for.
  const things = stating(shown);
  return things.length > 0 && !things.includes(option);
}

/** Whether `the image is a` stands before a place, or before the option that an `and` joins it to. */
function isStated(reading: Reading, start: number, verbs: Phrases): boolean {
  const { words, owners } = reading;
  for (let at = start - 1; at >= Math.max(0, start - longestGap); at--) {
    const listed = words.slice(at + 1, start).every(({ text }) => conjunctions.has(text) || articles.has(text));
    const before = owners[at];
    if (words[at + 1]?.boundary === 'sentence') return false;
    if (before !== undefined) return listed && isStated(reading, before.start, verbs);
    if (conjunctions.has(words[at]?.text ?? '') && listed) continue;
    if (words[at + 1]?.boundary !== 'none') return false;
    const verb = verbs.startingAt(words, at);
    if (verb === null || at + verb.length > start) continue;
    return isDirect(words.slice(at + verb.length, start)) && hasSubject(words, at);
  }
  return false;
}

/** Articles and adjectives, as in `an axial CT`; a place only right behind the verb, as in `is located in the left lung`. */
function isDirect(gap: readonly Word[]): boolean {
  const isPlace = (i: number): boolean => places.startingAt(gap, i) !== null && !articles.has(gap[i]?.text ?? '');
  const named = gap.findIndex(({ text }, i) => !isPlace(i) && !articles.has(text));
  return (
    named === -1 || gap.slice(named).every((_, i) => !isPlace(named + i) && parts.startingAt(gap, named + i) === null)
  );
}

function hasSubject(words: readonly Word[], verb: number): boolean {
  // `C'est` and `se trata de` are subject and verb in one.
  if (selfContained.startingAt(words, verb) !== null) return true;
  for (let at = verb - 1; at >= Math.max(0, verb - longestSubject) && words[at + 1]?.boundary !== 'sentence'; at--)
    if (subjects.startingAt(words, at) !== null || isOwnPronoun(words, at)) return true;
  return false;
}

/** `It` at the head of a clause; in `critics contend it is` somebody speaks whom voices.ts may not know. */
function isOwnPronoun(words: readonly Word[], at: number): boolean {
  if (pronouns.startingAt(words, at) === null) return false;
  return at === 0 || words[at]?.boundary !== 'none' || openings.endingAt(words.slice(0, at)) !== null;
}

/** `No fracture is seen. Answer: A`, where a fracture is asked for and A is Yes. */
function findsOther(text: string, option: string, options: readonly string[], question: string): boolean {
  if (question === '' || !isPolarity(option) || asksForAbsence(question)) return false;
  const asked = readWords(question);
  return text.split(/[\n;。]|[.!](?=\s|$)/).some((sentence) => {
    const words = readWords(sentence);
    const found = words.length === 0 ? null : findingOption(words, options, question);
    return found !== null && found !== option && sameFinding(asked, words);
  });
}
