/**
 * What a sentence says of an option without saying that it is so in this image: that it is recommended, that it was so once,
 * that it is looked for, what it is in general, or that a part is normal. What the question asks for is no aside.
 */
import lexicon from '../lexicon/asides.json' with { type: 'json' };
import frames from '../lexicon/frames.json' with { type: 'json' };
import phrases from '../lexicon/phrases.json' with { type: 'json' };
import { articles, genericWords, plainForm, questionWords, readWords } from '../words/canonical-words.js';
import { hesitates } from './left-open.js';
import { Phrases } from '../words/phrases.js';
import { sentenceEnd, sentenceStart } from './voices.js';
import { stemmed, type Word } from '../words/word-list.js';

const lists = {
  recommended: new Phrases({ recommended: lexicon.recommended }),
  recommendationAsked: new Phrases({ asked: lexicon.recommendationAsked }),
  headers: new Phrases({ header: lexicon.pastHeaders }),
  past: new Phrases({ past: lexicon.past }),
  pastHere: new Phrases({ past: lexicon.pastHere }),
  earlier: new Phrases({ earlier: lexicon.earlierStudies }),
  present: new Phrases({ present: lexicon.present }),
  againstThePast: new Phrases({ against: lexicon.againstThePast }),
  pastAsked: new Phrases({ asked: lexicon.pastAsked }),
  wanted: new Phrases({ wanted: lexicon.wanted }),
  generic: new Phrases({ generic: lexicon.generic }),
  counterfactual: new Phrases({ would: frames.counterfactual }),
  none: new Phrases({ none: frames.none }),
  besides: new Phrases(phrases.besides),
  ownAnswer: new Phrases({ own: frames.ownAnswer }),
  healthy: new Phrases({ healthy: lexicon.healthy }),
  offers: new Phrases({ offer: lexicon.offers }),
  compared: new Phrases({ compared: lexicon.compared }),
  than: new Phrases({ than: lexicon.than }),
  disagreements: new Phrases({ disagreement: lexicon.disagreements }),
  openers: new Phrases({ opener: lexicon.openers, answer: lexicon.answersThatOpen }),
};
const studies = new Set(lexicon.studies.map((word) => plainForm(readWords(word))));
const shows = new Set(frames.shows);
const healthy = new Set([...lexicon.healthy, 'spared', 'uninvolved', 'free'].map((word) => plainForm(readWords(word))));
const copula = /^(?:is|are|was|were|appears?|looks?|seems?|remains?|ist|sind|est|sont|es|esta|e)$/;
const ago = new RegExp(`(?:^| )(?:${lexicon.ago.join('|')})(?: |$)`, 'u');

export interface Clause {
  words: readonly Word[];
  /** The mention's own words. */
  start: number;
  end: number;
  /** First word of its clause, and the one after the last. */
  from: number;
  to: number;
  /** Whether a word belongs to an option, which makes no aside. */
  isOption: (index: number) => boolean;
  question: string;
}

export function isAside(clause: Clause): boolean {
  return isRecommended(clause) || isPast(clause) || isWanted(clause) || isGeneric(clause) || isCompared(clause);
}

const isAsked = (asked: Phrases, question: string): boolean => question !== '' && asked.within(questionWords(question));

/** `The patient should undergo an MRI`, `MRI is recommended`. */
function isRecommended(clause: Clause): boolean {
  return lists.recommended.within(around(clause)) && !isAsked(lists.recommendationAsked, clause.question);
}

/** `History: pneumonia`, `pneumonia last year`, `the previous CT showed pneumonia`. */
function isPast(clause: Clause): boolean {
  const { words, start, end, from, to, isOption, question } = clause;
  const near = around(clause);
  if (lists.present.within(near) || isAsked(lists.pastAsked, question)) return false;
  const [first, last] = [sentenceStart(words, start), sentenceEnd(words, end)];
  const header = lists.headers.startingAt(words, first);
  if (header !== null && words[first + header.length]?.boundary === 'clause') return true;
  const sentence = words.slice(first, last).filter((_, i) => !isOption(first + i));
  const untimed = sentence.filter(({ text }) => !text.startsWith('#'));
  if (!lists.againstThePast.within(untimed)) {
    if (lists.past.within(untimed) || ago.test(sentence.map(({ text }) => text).join(' '))) return true;
    if (lists.pastHere.within(near) || hasYear(words.slice(first, last))) return true;
  }
  const before = words.slice(from, start);
  return (
    before.some((_, i) => {
      const earlier = lists.earlier.startingAt(before, i);
      const next = i + (earlier?.length ?? 0);
      return earlier !== null && before.slice(next, next + 3).some(isStudy);
    }) || isOnEarlier(words.slice(end, to))
  );
}

const isStudy = ({ text }: Word): boolean => studies.has(text) || studies.has(stemmed(text));

/** `Seen on the previous study`. */
const isOnEarlier = (after: readonly Word[]): boolean =>
  after.some(({ text }, i) => {
    const at = articles.has(after[i + 1]?.text ?? '') ? i + 2 : i + 1;
    const earlier = /^(?:on|in|im|auf|sur|en|nel)$/.test(text) ? lists.earlier.startingAt(after, at) : null;
    return earlier !== null && after.slice(at + earlier.length, at + earlier.length + 2).some(isStudy);
  });

/** `In 2019`. */
const hasYear = (words: readonly Word[]): boolean =>
  words.some(
    ({ text }, i) =>
      /^#(?:19|20)\d\d$/.test(text) &&
      /^(?:in|from|im|en|nel|em|w|в|anno|had|hatte|tuvo|aveva|teve)$/.test(words[i - 1]?.text ?? ''),
  );

/** `Evaluate for pneumonia`, `suspected pneumonia`: right before it, or at the head of its clause. */
function isWanted({ words, start, from }: Clause): boolean {
  const before = words.slice(Math.max(from, start - 6), start);
  const head = words.slice(sentenceStart(words, start), start);
  return (
    lists.wanted.within(before) ||
    (words[start]?.boundary === 'clause' && lists.wanted.startingAt(head, 0)?.length === head.length)
  );
}

/** `CT scans use X-rays`, `pneumonia is an infection`: the option alone is the subject, and what follows holds of all of its kind. */
function isGeneric({ words, start, end, from, to }: Clause): boolean {
  const head = words.slice(from, start);
  const opens = from === 0 || words[from]?.boundary === 'sentence';
  if (!opens || head.some(({ text }) => !articles.has(text))) return false;
  const next = genericWords.has(stemmed(words[end]?.text ?? '')) ? end + 1 : end;
  return lists.generic.startingAt(words.slice(0, to), next) !== null;
}

/** `A nevus would be symmetric`, but not `CT would be my answer` or `CT would fit too`. */
export function isCounterfactual({ words, end, to }: Clause): boolean {
  const after = words.slice(end, to);
  const verb = after.slice(0, 2).findIndex((_, i) => lists.counterfactual.startingAt(after, i) !== null);
  if (verb === -1 || lists.besides.within(after)) return false;
  return !lists.ownAnswer.within(after.slice(verb + 1, verb + 4));
}

/** `Option B describes air in the pleural space`, but not `B describes the image best`. */
export function isExplained({ words, end, to }: Clause): boolean {
  const after = words.slice(end, to);
  const [first = '', second = ''] = after.map(({ text }) => text);
  if (first === 'would' && /^(?:show|have|cause|look|appear|produce|demonstrate|present)$/.test(second)) return true;
  if (first === 'is' && /^(?:when|where)$/.test(second)) return true;
  return (
    explains.test(first) &&
    !after.some(({ text }) => /^(?:best|this|these|image|picture|finding|findings|it)$/.test(text))
  );
}

const explains =
  /^(?:describes|means|denotes|states|says|refers|mentions|involves|beschreibt|decrit|describe|descreve|описывает)$/;

/** `Larger on the left than on the right` names no side, unless the question compares. */
function isCompared(clause: Clause): boolean {
  const { words, start, end, from, to, isOption, question } = clause;
  const behind = lists.than.within(words.slice(end, to));
  const between = words.slice(from, start).findIndex((_, i) => isOption(from + i));
  const before = between !== -1 && lists.than.within(words.slice(from + between, start));
  const compared = (behind || before) && lists.compared.within(words.slice(from, to));
  return compared && !isAsked(lists.compared, question);
}

/** `The left lung is clear` speaks of no finding there, unless the question asks where all is well. */
export function isWell({ words, end, to, question }: Clause): boolean {
  const after = words.slice(end, to);
  const verb = after.slice(0, 4).findIndex(({ text }) => copula.test(text) || shows.has(text));
  if (verb === -1 || isAsked(lists.healthy, question)) return false;
  // `Shows no dilatation`, `non mostra alterazioni`.
  if (shows.has(after[verb]?.text ?? ''))
    return (
      lists.none.startingAt(after, verb + 1) !== null || /^(?:non|nao|no|ne|не|not)$/.test(after[verb - 1]?.text ?? '')
    );
  return after.slice(verb + 1, verb + 4).some(({ text }) => healthy.has(text));
}

/** What holds of all of a kind, or is looked for: `Fractures are common`, `rule out fracture`. */
export const isGeneral = (words: readonly Word[]): boolean => lists.generic.within(words) || lists.wanted.within(words);

/** `Someone called it a CT. I disagree.`: what stands behind all that was said of the options. */
export const disagrees = (words: readonly Word[]): boolean => lists.disagreements.within(words);

const around = ({ words, start, end, from, to, isOption }: Clause): Word[] =>
  words.slice(from, to).map((word, i) => {
    const at = from + i;
    return (at >= start && at < end) || isOption(at) ? { ...word, text: '§' } : word;
  });

/** A text without the sentences before its answer that only offer help, as `Yes, I can help you with that!` and `Certainly!`. */
export function withoutOffers(text: string): string {
  const sentences = text.split(/(?<=[.!?]["'”]?\s)|(?<=[。！？\n])/u);
  const first = sentences.findIndex((sentence, i) => !isOffer(sentence, sentences[i + 1]));
  return first === 0 ? text : sentences.slice(first === -1 ? sentences.length : first).join('');
}

/** @param next What follows: `Certainly.` alone is an answer, and so is `Yes.` unless help is offered behind it. */
function isOffer(sentence: string, next?: string): boolean {
  const words = readWords(sentence);
  if (words.length === 0 || hesitates(words)) return false;
  if (lists.offers.within(words)) return true;
  const opens = (name: string): boolean => {
    const found = lists.openers.startingAt(words, 0);
    return found?.length === words.length && found.name === name;
  };
  return next !== undefined && (opens('opener') || (opens('answer') && isOffer(next)));
}
