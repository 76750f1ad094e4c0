/**
 * Yes or no from a sentence about the finding that was asked about: `Fracture absent`, `A fracture is seen`. The question says
 * which finding that is; what is said about another one answers nothing.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { articles, readWords } from '../words/canonical-words.js';
import { Phrases } from '../words/phrases.js';
import { spelled, stemmed, type Word } from '../words/word-list.js';

const denials = new Phrases({ denial: lexicon.denials });
const present = new Phrases({ present: lexicon.presence });
/** Words that a question and a sentence about a finding have without being it. */
const neutral = new Set([...lexicon.neutral, ...lexicon.presence].map((word) => stemmed(spelled(word))));

/** What a text is about, without articles, `there is`, `seen`, `image`. */
function contentOf(words: readonly Word[]): Set<string> {
  const texts = words.map(({ text }) => text).filter((text) => !articles.has(text) && !neutral.has(stemmed(text)));
  return new Set(texts.filter((text) => denials.startingAt([{ text }], 0) === null).map(stemmed));
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((word) => whole.has(word));
}

/** Whether a sentence speaks of what was asked about, all of it or more; without a question it is taken to. */
export function speaksOf(words: readonly Word[], question: string): boolean {
  const [asked, said] = [contentOf(readWords(question)), contentOf(words)];
  if (question.trim() === '' || said.size === 0 || asked.size === 0) return true;
  return isWithin(said, asked) || isWithin(asked, said);
}

/** Whether a sentence says that what was asked about is there, and nothing else. */
export function affirms(words: readonly Word[], question: string): boolean {
  const asked = readWords(question);
  const states = present.within(words) || words.some(({ text }) => copula.test(text));
  return states && !denials.within(asked) && !denials.within(words) && sameFinding(asked, words);
}

/** Whether a sentence says that it is not there, or not so. */
export function negates(words: readonly Word[], question: string): boolean {
  const asked = readWords(question);
  const times = words.filter((_, i) => denials.startingAt(words, i) !== null).length;
  return times === 1 && !denials.within(asked) && sameFinding(asked, words);
}

const copula = /^(?:is|are|was|were|appears?|looks?|seems?)$/;

/** The same content, no more and no less. */
export function sameFinding(asked: readonly Word[], words: readonly Word[]): boolean {
  const [wanted, said] = [contentOf(asked), contentOf(words)];
  return wanted.size > 0 && isWithin(wanted, said) && isWithin(said, wanted);
}

/** `Is the lung free of effusion?`, `Are the lungs clear?` */
export function asksForAbsence(question: string): boolean {
  return denials.within(readWords(question)) || /\b(?:clear|normal|intact|healthy|unremarkable)\b/i.test(question);
}
