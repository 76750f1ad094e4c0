/**
 * Yes or no from what a text says of the finding that was asked about: `Fracture absent`, `A fracture is seen`. The question
 * says which finding that is; what is said about another one answers nothing. Read clause by clause, so that a denial reaches
 * no further than its own.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import findings from '../lexicon/findings.json' with { type: 'json' };
import { isAside, isGeneral, type Clause } from './asides.js';
import { voiceOf } from './voices.js';
import { articles, directionWords, questionWords } from '../words/canonical-words.js';
import { Phrases, phraseWords } from '../words/phrases.js';
import { stemmed, type Word } from '../words/word-list.js';

export type Finding = 'yes' | 'no';

const denials = new Phrases({ denial: lexicon.denials });
const present = new Phrases({ present: findings.states });
const comparisons = new Phrases({ comparison: lexicon.comparisons });
const over = new Phrases({ over: findings.over });
const ended = new Phrases({ ended: findings.ended });
const asksNow = new Phrases({ now: findings.asksNow });
const breaks = new Phrases({ break: lexicon.breaks });
const contraries = new Map(
  findings.contraries.flatMap(({ qualities, against }) =>
    qualities.map((quality) => [stemmed(quality), new Set(against.map(stemmed))] as const),
  ),
);
const narrowing = new Set(findings.narrowing.flatMap(phraseWords));
/** Words that a question and a sentence about a finding have without being it. */
const neutral = new Set(
  [...lexicon.neutral, ...lexicon.presence, ...findings.neutral].flatMap(phraseWords).map(stemmed),
);
const copula = /^(?:is|are|was|were|appears?|looks?|seems?|ist|sind|est|sont|es|son|e|sono|sao|esta|estan)$/;
/** `There is one in the ulna`. */
const pronoun = /^(?:one|ones|another|#1)$/;
const joint = /^(?:and|und|et|y|e|en|и|和|及)$/;
const either = /^(?:or|nor|oder|ou|o|of|или|或|and|und|et|y|e|i)$/;

/** What a text is about, without articles, `there is`, `seen`, `image`. */
function contentOf(words: readonly Word[]): Set<string> {
  const content = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const { text } = words[i] as Word;
    const denial = denials.startingAt(words, i);
    if (denial !== null) i += denial.length - 1;
    else if (!articles.has(text) && !neutral.has(stemmed(text))) content.add(uninflected(stemmed(text)));
  }
  return content;
}

/** `Перелома` as `перелом`. */
const uninflected = (text: string): string => text.replace(/(?<=[а-я]{4})(?:[аеиоуыэюяйь]{1,2}|ов|ей|ами|ах)$/u, '');

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((word) => whole.has(word));
}

/** The same content, no more and no less. */
export function sameFinding(asked: readonly Word[], words: readonly Word[]): boolean {
  const [wanted, said] = [contentOf(asked), contentOf(words)];
  return wanted.size > 0 && isWithin(wanted, said) && isWithin(said, wanted);
}

/** `Is the lung free of effusion?`, `Are the lungs clear?` */
export function asksForAbsence(question: string): boolean {
  return denials.within(asWords(question)) || /\b(?:clear|normal|intact|healthy|unremarkable)\b/i.test(question);
}

/** `有没有` asks as `有` does. */
const asWords = (question: string): readonly Word[] =>
  questionWords(
    question
      .replace(/有没有|有无/g, '有')
      .replace(/是不是|是否/g, '')
      .replace(/\bpresent or absent\b|\babsent or present\b/gi, 'present')
      .replace(/\bor not\b/gi, ''),
  );

/**
 * Whether a text says that what was asked about is there. Without a question it is taken to speak of it, and only its absence
 * is said. Null where it says nothing of it, or more than one thing, or leaves it to somebody else, to the past or to a doubt.
 */
export function findingIn(words: readonly Word[], question: string): Finding | null {
  const asked = question.trim() === '' ? [] : asWords(question);
  const wanted = contentOf(asked);
  const said = new Set<Finding>();
  for (const { start, end } of unitsOf(words)) {
    const unit = opened(words.slice(start, end));
    const about = wanted.size === 0 || [...contentOf(unit)].some((word) => wanted.has(word));
    const found = findingOf(unit, asked, wanted);
    const voice = found !== null || about ? voiceOf(words, { start: end - 1, end }) : 'writer';
    if (voice === 'other') continue;
    const aside: Clause = { words: unit, start: 0, end: 0, from: 0, to: unit.length, isOption: () => false, question };
    if (found === null ? about || unit.some(({ text }) => pronoun.test(text)) : voice === 'conditional') return null;
    if (found === null) continue;
    if ((isAside(aside) && !ended.within(unit)) || isGeneral(unit)) return null;
    said.add(found);
  }
  const [only = null] = said;
  return said.size === 1 ? only : null;
}

function findingOf(unit: readonly Word[], asked: readonly Word[], wanted: ReadonlySet<string>): Finding | null {
  const said = contentOf(unit);
  if (ended.within(unit)) return wanted.size > 0 && isWithin(wanted, said) && asksNow.within(asked) ? 'no' : null;
  if (saysAbsence(unit)) return speaksOf(said, wanted) && !isNarrowed(said, wanted) ? 'no' : null;
  if (isContrary(said, wanted) && !denials.within(unit) && !denials.within(asked)) return 'no';
  if (wanted.size === 0 || denials.within(asked)) return null;
  const times = unit.filter((_, i) => denials.startingAt(unit, i) !== null).length;
  if (times > 0) return times === 1 && sameFinding(asked, unit) ? 'no' : null;
  const states = present.within(unit) || unit.some(({ text }) => copula.test(text));
  return states && affirms(unit, said, asked, wanted) ? 'yes' : null;
}

/** `The appendix is of normal calibre` where it is asked whether it is dilated. */
function isContrary(said: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  const [quality, ...more] = [...wanted].filter((word) => contraries.has(word));
  if (quality === undefined || more.length > 0) return false;
  const rest = [...wanted].filter((word) => word !== quality);
  const contrary = [...said].some((word) => contraries.get(quality)?.has(word) === true);
  return contrary && rest.length > 0 && rest.every((word) => said.has(word)) && !said.has(quality);
}

/** All of what was asked about or more; a part of it only where nothing else is said. */
function speaksOf(said: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return said.size === 0 || wanted.size === 0 || isWithin(said, wanted) || isWithin(wanted, said);
}

/** `No displaced fracture`, `no effusion on the left`: there may be another. */
function isNarrowed(said: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  if (wanted.size === 0) return false;
  return [...said].some((word) => !wanted.has(word) && (narrowing.has(word) || directionWords.has(word)));
}

/** Whether a sentence says that what was asked about is there, whatever else it says of it. */
function affirms(
  unit: readonly Word[],
  said: ReadonlySet<string>,
  asked: readonly Word[],
  wanted: ReadonlySet<string>,
): boolean {
  if (!isWithin(wanted, said) || comparisons.within(unit) || over.within(unit)) return false;
  const more = [...said].filter((word) => !wanted.has(word));
  if (more.length === 0) return true;
  const health = asked.some(({ text }) => /^(?:clear|normal|intact|healthy|unremarkable|abnormal)$/.test(text));
  // `A liver cyst and a lung mass` is no mass of the liver, nor `a left rib and a right effusion` one on the left.
  const mixed = wanted.size > 1 && (more.length > 2 || unit.some(({ text }) => joint.test(text)));
  const aside = [...wanted].some((word) => directionWords.has(word)) && more.some((word) => directionWords.has(word));
  return !health && !mixed && !aside;
}

interface Span {
  start: number;
  end: number;
}

/** Clauses, and the items of a list with what it denies: `no fracture, dislocation or effusion`. */
function unitsOf(words: readonly Word[]): Span[] {
  const units: Span[] = [];
  let start = 0;
  for (let i = 1; i <= words.length; i++) {
    if (i < words.length && !(words[i]?.boundary === 'sentence' || isCut(words, i))) continue;
    if (i < words.length && (isListed(words, start, i) || isVerdict(words, i))) continue;
    units.push({ start: breaks.startingAt(words, start)?.length === i - start ? i : start, end: i });
    start = i;
  }
  return units.filter(({ start: from, end }) => end > from);
}

function isCut(words: readonly Word[], at: number): boolean {
  if (words[at]?.boundary === 'clause' || breaks.startingAt(words, at) !== null) return true;
  if (!joint.test(words[at]?.text ?? '')) return false;
  const rest = words.slice(at + 1, sentenceEndOf(words, at + 1));
  return denials.startingAt(rest, 0) !== null || rest.some(({ text }) => copula.test(text));
}

/** The `absent` of `Fracture: absent`: a clause with nothing of its own. */
function isVerdict(words: readonly Word[], at: number): boolean {
  if (words[at]?.boundary !== 'clause') return false;
  const next = words.findIndex(({ boundary }, i) => i > at && boundary !== 'none');
  return contentOf(words.slice(at, next === -1 ? words.length : next)).size === 0;
}

/** Whether a comma goes on with a list that was opened by a denial and ends with `or`. */
function isListed(words: readonly Word[], start: number, at: number): boolean {
  if (words[at]?.boundary !== 'clause' || breaks.startingAt(words, at) !== null) return false;
  const rest = words.slice(at, sentenceEndOf(words, at));
  const joins = rest.some(({ text }) => either.test(text));
  const states = rest.some((_, i) => denials.startingAt(rest, i) !== null || breaks.startingAt(rest, i) !== null);
  return (
    joins &&
    !states &&
    saysAbsence(opened(words.slice(start, at))) &&
    !rest.slice(0, -1).some(({ text }) => copula.test(text))
  );
}

function sentenceEndOf(words: readonly Word[], at: number): number {
  const end = words.findIndex(({ boundary }, i) => i > at && boundary === 'sentence');
  return end === -1 ? words.length : end;
}

/** As a text of its own. */
const opened = (words: readonly Word[]): Word[] =>
  words.map((word, i) => (i === 0 ? { ...word, boundary: 'none' } : word));

/** Whether a clause says that something is absent, and nothing that is present. */
function saysAbsence(words: readonly Word[]): boolean {
  const clause = words.map(({ text, boundary }) => (boundary === 'clause' ? `, ${text}` : text)).join(' ');
  return !exceptions.test(clause) && absences.some((absence) => absence.test(clause));
}

const exceptions =
  /(?:^| )(?:but|except|although|though|however|only|other than|aber|ausser|mais|sauf|pero|salvo|ma|кроме|除 了)(?: |$)/;
const absences = findings.absences.map((source) => new RegExp(source.replace('SEEN', findings.seen.join('|'))));
