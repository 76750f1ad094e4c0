/** Answers to open questions: which words of a text are one, and when two say the same. */
import { articles, plainForm, readWords, turned } from '../words/canonical-words.js';
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { declarations } from './declared-answer.js';
import statements from '../lexicon/statements.json' with { type: 'json' };
import { isLeftOpen } from './left-open.js';
import { Phrases } from '../words/phrases.js';
import { resolveOption } from './resolve-answer.js';
import { comparable, normalize, tokenize } from '../words/normal-text.js';
import type { Word } from '../words/word-list.js';

/** Words an unmarked line may have and still be the answer to an open question rather than talk around it. */
const longestUnmarkedAnswer = 12;

export function openAnswer(text: string, bounded: boolean): string | null {
  const segments = declarations(text).filter(({ sentence, doubtful }) => normalize(sentence) !== '' && !doubtful);
  const segment = segments.at(-1);
  if (segments.some(({ line }) => segment?.revised === false && !openMatch(line, segment.line))) return null;
  const answer = (segment?.line ?? text).replace(/\s+/g, ' ').trim();
  const words = tokenize(answer).length;
  // What is asked is not answered.
  if (words === 0 || asks(answer)) return null;
  return bounded || segment !== undefined || (words <= longestUnmarkedAnswer && !text.includes('\n')) ? answer : null;
}

const alsoStarts = new Phrases({ or: [...lexicon.or, 'maybe', 'perhaps', 'possibly', 'but', 'though'] });

/** Whether what follows an answer opens another, as `or maybe the spleen`. */
export function opensAnother(rest: string): boolean {
  const words = readWords(rest);
  const [sentence] = [words.findIndex(({ boundary }, i) => i > 0 && boundary === 'sentence')];
  const first = sentence === -1 ? words : words.slice(0, sentence);
  if (alsoStarts.startingAt(words, 0)?.name === undefined) return false;
  return lexicon.or.some((word) => word === first[0]?.text) || isLeftOpen(first);
}

const asks = (text: string): boolean => /[?？][^\p{L}\p{N}]*$/u.test(text);

/**
 * Whether an open answer says what the key says: the same words, quantities and synonyms, in any order that a comma or `of`
 * allows. A bare `yes` as the key is met by a longer text that says it; a longer key asks for all of its words.
 * `verbatim` leaves out what a longer text may open with, such as `Yes, …` for `yes`.
 */
export function openMatch(a: string, b: string, kind: 'answer' | 'verbatim' = 'answer'): boolean {
  const [left, right] = [comparable(a), comparable(b)];
  if (left === '' || right === '') return false;
  if (formOf(a) === formOf(b)) return kind === 'answer' || !asks(a) || asks(b);
  if (kind === 'verbatim') return false;
  const [one, other] = [polarity(a), polarity(b)];
  return one !== null && one === other && right === one;
}

const leadIns = new Phrases({ lead: statements.leadIns });

/** One form for each text, so that two keys that a text pays under always say the same themselves. */
function formOf(text: string): string {
  const words = withoutLeadIn(readWords(text));
  return plainForm(turned(words) ?? words);
}

/** `The image shows a fracture` and `it is located in the liver` without what every answer may open with. */
function withoutLeadIn(words: Word[]): Word[] {
  const found = leadIns.startingAt(words, 0);
  if (found === null || found.length === words.length) return words;
  // `In the liver`, but not `in situ`.
  const bare = found.length === 1 && !articles.has(words[1]?.text ?? '');
  return bare ? words : words.slice(found.length);
}

/** `yes` or `no` where the text says one of them and not the other; `No fracture` is a finding, not an answer. */
function polarity(text: string): 'yes' | 'no' | null {
  const [first] = tokenize(text);
  if (first?.text !== 'yes' && first?.text !== 'no') return null;
  const words = readWords(text);
  if (first.text === 'no' && words[1]?.boundary === 'none') return null;
  const said = resolveOption(text, ['yes', 'no'], true);
  return said === first.text ? first.text : null;
}
