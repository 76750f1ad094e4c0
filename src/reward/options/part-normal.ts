/** `The heart is normal` does not say that the image is: a part's health is not the whole's, where the question asks for the whole. */
import lexicon from '../lexicon/asides.json' with { type: 'json' };
import phrases from '../lexicon/phrases.json' with { type: 'json' };
import { articles, coreForm, plainForm, questionWords, readWords } from '../words/canonical-words.js';
import type { Clause } from '../reading/asides.js';
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
const partial = wordsOf(lexicon.partial);
const adverb = /..(?:ly|ment|mente|weise)$/;
const preposition = /^(?:in|on|of|within|at|im|am|auf|dans|sur|de|du|del|en|nel|nella|no|na|op|van|на|в)$/;

/** Whether an option says that all is well, and in `denied` form that something is not. */
export function speaksOfHealth(option: string | null, denied: boolean): boolean {
  return option !== null && (denied ? unhealthy : healthy).has(coreForm(readWords(option)));
}

/** @param prepared What the places of words refer to. */
export function isOfPart({ words, start, end, from, to, isOption, question }: Clause, prepared: string): boolean {
  const loose = (first: number, last: number): Word[] =>
    words.slice(first, last).filter((_, i) => !isOption(first + i));
  const before = loose(from === start ? labelStart(words, start, prepared) : from, start);
  const after = loose(end, to);
  const asked = new Set(questionWords(question).map(({ text }) => stemmed(text)));
  const names = (said: readonly Word[]): boolean =>
    studyIn(said) === 'part' || (studyIn(said) === null && said.some((word) => isPart(word, asked)));
  // `Normal for the age`: only a noun right behind is what is normal.
  const stop = after.findIndex(({ text }) => copula.test(text));
  return names(before) || names(stop === -1 ? after : after.slice(0, stop));
}

const copula =
  /^(?:would|could|might|may|can|cannot|cant|must|should|will|seems?|appears?|also|fits?|too|possible|is|are|was|were|for|with|without|and|because|ist|est|es)$/;

/** The `Heart` of `Heart: normal`. */
function labelStart(words: readonly Word[], start: number, prepared: string): number {
  if (!/^\s*[:：]/.test(prepared.slice(words[start - 1]?.end, words[start]?.start))) return start;
  let at = start - 1;
  while (at > 0 && words[at]?.boundary === 'none') at--;
  return at;
}

/** `The chest X-ray of the patient` is the whole; `most of the image` is not, and `the heart in this image` is neither. */
function studyIn(words: readonly Word[]): 'whole' | 'part' | null {
  const at = words.findIndex(({ text }) => studies.has(text) || studies.has(stemmed(text)));
  if (at === -1) return null;
  const before = words.slice(0, at);
  if (before.some(({ text }) => partial.has(text))) return 'part';
  return before.some(({ text }) => preposition.test(text)) ? null : 'whole';
}

function isPart({ text }: Word, asked: ReadonlySet<string>): boolean {
  const known = articles.has(text) || ofTheWhole.has(text) || ofTheWhole.has(spelled(text)) || asked.has(stemmed(text));
  return !known && !adverb.test(text) && /\p{L}/u.test(text) && !/^[a-z]$/.test(text);
}
