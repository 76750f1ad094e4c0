/** `The heart is normal` does not say that the image is: a part's health is not the whole's, where the question asks for the whole. */
import lexicon from '../lexicon/asides.json' with { type: 'json' };
import phrases from '../lexicon/phrases.json' with { type: 'json' };
import { articles, coreForm, plainForm, readWords } from '../words/canonical-words.js';
import { phraseWords } from '../words/phrases.js';
import { spelled, stemmed, type Word } from '../words/word-list.js';

const wordsOf = (list: readonly string[]): Set<string> => new Set(list.flatMap(phraseWords));
const healthy = new Set(lexicon.healthy.map((word) => coreForm(readWords(word))));
const unhealthy = new Set(lexicon.unhealthy.map((word) => coreForm(readWords(word))));
const studies = new Set(lexicon.studies.map((word) => plainForm(readWords(word))));
/** Words that a sentence about the whole image has beside the word for normal. */
const ofTheWhole = new Set([
  ...wordsOf([...lexicon.whole, ...lexicon.wholeHan, ...lexicon.openers]),
  ...wordsOf([...phrases.neutral, ...phrases.presence, ...phrases.fillers, ...phrases.copulas, ...phrases.denials]),
  ...wordsOf([...phrases.conclusions, ...phrases.answerCopulas, ...phrases.chooseVerbs, ...phrases.labelWords]),
]);
const adverb = /..(?:ly|ment|mente|weise)$/;
const preposition = /^(?:in|on|of|within|at|im|am|auf|dans|sur|de|du|del|en|nel|nella|no|na|op|van|на|в)$/;

/** Whether an option says that all is well, and in `denied` form that something is not. */
export function speaksOfHealth(option: string | null, denied: boolean): boolean {
  return option !== null && (denied ? unhealthy : healthy).has(coreForm(readWords(option)));
}

/**
 * @param before Words of the clause before the option.
 * @param after Those behind it.
 */
export function isOfPart(before: readonly Word[], after: readonly Word[], question: string): boolean {
  const asked = new Set(readWords(question).map(({ text }) => stemmed(text)));
  const names = (words: readonly Word[]): boolean => !isStudy(words) && words.some((word) => isPart(word, asked));
  // `Normal for the age`, `normal in all respects`: only a noun right behind is what is normal.
  const end = after.findIndex(({ text }) => preposition.test(text) || copula.test(text));
  return names(before) || names(end === -1 ? after : after.slice(0, end));
}

const copula = /^(?:is|are|was|were|for|with|without|and|because|ist|est|es)$/;

/** `The chest X-ray of the patient`, but not `the heart in this image`. */
function isStudy(words: readonly Word[]): boolean {
  const at = words.findIndex(({ text }) => studies.has(text) || studies.has(stemmed(text)));
  return at !== -1 && !words.slice(0, at).some(({ text }) => preposition.test(text));
}

function isPart({ text }: Word, asked: ReadonlySet<string>): boolean {
  const known = articles.has(text) || ofTheWhole.has(text) || ofTheWhole.has(spelled(text)) || asked.has(stemmed(text));
  return !known && !adverb.test(text) && /\p{L}/u.test(text) && !/^[a-z]$/.test(text);
}
