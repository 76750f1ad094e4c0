/**
 * What a text says about each option that it speaks of: that it is the answer, that it is not, or that it may be. Whatever
 * is not recognised as denied or as background counts as said, so that an unknown way to hedge leaves two options standing.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import voices from '../lexicon/voices.json' with { type: 'json' };
import type { Reading } from '../options/option-mentions.js';
import { Phrases, phraseWords } from '../words/phrases.js';
import { isAside, isCounterfactual, isExplained, isWell, type Clause } from './asides.js';
import { conjunctions, deniedAfter, isDeniedBefore } from './denied-options.js';
import { isLeftOpen, isOnlyDoubt } from './left-open.js';
import { isFramed } from '../options/framed-mention.js';
import { isOfPart, speaksOfHealth } from '../options/part-normal.js';
import { voiceOf } from './voices.js';
import type { Mention, Word } from '../words/word-list.js';

/**
 * `background`: spoken of in a reason or a comparison, which neither gives nor takes an answer. `aside`: recommended, past, or
 * of a part, as asides.ts has it, and all that a list puts beside it.
 */
export type Stance = 'said' | 'denied' | 'doubted' | 'background' | 'aside';

type Owners = Reading['owners'];

export interface Stood extends Mention {
  stance: Stance;
}

const lists = {
  ors: new Phrases({ or: lexicon.or }),
  breaks: new Phrases({ break: lexicon.breaks }),
  conclusions: new Phrases({ conclusion: lexicon.conclusions }),
  reasons: new Phrases({ reason: lexicon.reasons }),
  comparisons: new Phrases({ comparison: lexicon.comparisons }),
  superseded: new Phrases({ superseded: lexicon.superseded }),
  deniedBehind: new Phrases({ denial: lexicon.deniedBehind }),
  instead: new Phrases({ instead: lexicon.instead }),
  preferences: new Phrases({ preference: lexicon.preferences }),
  bridges: new Phrases({ bridge: voices.bridges }),
};
/** Another grade, size or side than the one it names. */
const doubtedBefore =
  /(?:^| )(?:less than|more than|at least|at most|greater than|higher than|lower than|worse than|better than|up to|beyond|opposite(?: to| of)?|half of|twice|double)(?: the| an?)? $/;
const labels = new Set(lexicon.labelWords.flatMap(phraseWords));
/** Words looked at on each side. */
const reach = 14;

/** @param question What was asked, which an aside may answer; empty where it is not known. */
export function stancesOf(reading: Reading, question = ''): Stood[] {
  const stood: Stood[] = [];
  for (const mention of reading.mentions) {
    const previous = stood.at(-1);
    const clause = clauseOf(reading, mention, question);
    const stance = stanceOf(reading, mention, clause);
    const said = stance === 'said';
    // `It is no CT, MRI or X-ray`: a bare list goes on with what was said of its first.
    const leads = previous?.stance === 'denied' || previous?.stance === 'aside';
    const goesAlong = leads && (said || stance === 'doubted') && goesOn(reading.words, previous, mention);
    // `Perhaps A) CT` speaks of one option twice.
    const again = said && previous?.option === mention.option && isRepeated(reading.words, previous, mention);
    const weak = mention.weak === true || (said && mention.by === 'words' && !isAnswer(mention, clause));
    stood.push({ ...mention, weak, stance: goesAlong || again ? previous.stance : stance });
  }
  return stood;
}

/** `The left lung is clear` and `The liver produces bile` give no answer, though they stand beside one. */
function isAnswer({ option }: Mention, clause: Clause): boolean {
  return speaksOfHealth(option, false) || (isFramed(clause) && !isWell(clause));
}

function clauseOf({ words, owners }: Reading, { start, end }: Mention, question: string): Clause {
  const [from, to] = [clauseStart(words, start, owners), clauseEnd(words, end, owners)];
  return { words, start, end, from, to, isOption: (index) => owners[index] !== undefined, question };
}

function stanceOf(reading: Reading, mention: Mention, clause: Clause): Stance {
  if (mention.by === 'letter' && isExplained(clause)) return 'aside';
  const inWords = mention.by === 'words';
  if (inWords && (isAside(clause) || (isWell(clause) && clause.question !== ''))) return 'aside';
  if (inWords && isCounterfactual(clause)) return 'background';
  const stance = stanceInClause(reading, mention, clause.from, clause.to);
  const ofHealth = inWords && stance !== 'doubted' && speaksOfHealth(mention.option, stance === 'denied');
  return ofHealth && isOfPart(clause, reading.prepared) ? 'aside' : stance;
}

function stanceInClause({ words, owners, prepared }: Reading, mention: Mention, from: number, to: number): Stance {
  // The noun of `alternative B` puts nothing beside it.
  const label = mention.by === 'letter' && mention.start > from && labels.has(words[mention.start - 1]?.text ?? '');
  const before = words.slice(from, label ? mention.start - 1 : mention.start);
  const after = words.slice(mention.end, to);
  // An option `no` or `no mass` denies nothing but itself.
  const unowned = before.map((word, i) => (owners[from + i] === undefined ? word : gapWord));
  const inMention = (index: number): boolean => owners[index] !== undefined;
  const loose = (part: readonly Word[], offset: number): Word[] => part.filter((_, i) => !inMention(offset + i));
  // Portuguese `o` is an article, Spanish `o` an or: that stands behind an option.
  const isJoint = ({ text }: Word, i: number): boolean =>
    !inMention(from + i) && (!orArticles.has(text) || inMention(from + i - 1));
  const around = [...loose(before, from), gapWord, ...loose(after, mention.end)];
  const voice = voiceOf(words, mention, inMention);
  if (voice === 'other' || lists.superseded.within(around)) return 'background';
  const alternates = lists.ors.within([...before.filter(isJoint), gapWord, ...loose(after, mention.end)]);
  if (voice === 'conditional' || isLeftOpen(around) || isAsked(words, mention, prepared)) return 'doubted';
  const wide = words
    .slice(Math.max(0, mention.start - 4), mention.start)
    .map(({ text }) => `${text} `)
    .join('');
  // `CT fits better than MRI` compares options, `better than Grade II` names none.
  if (mention.by === 'words' && doubtedBefore.test(wide))
    return owners.slice(from, mention.start).some((owner) => owner !== undefined) ? 'background' : 'doubted';
  if (isPassedOver(words, mention.start, owners)) return 'background';
  if (isDeniedBefore(wide, unowned)) return 'denied';
  if (alternates) return 'doubted';
  if (deniedAfter.test(marked({ words, owners }, mention.end, Math.min(words.length, mention.end + reach))))
    return 'denied';
  if (lists.deniedBehind.within(after)) return 'denied';
  return isBackground(words, mention, owners) ? 'background' : 'said';
}

const orArticles = new Set(lexicon.orArticles);
const gapWord: Word = { raw: '§', text: '§', start: 0, end: 0, glued: false, boundary: 'none' };

/** The sentence ends with a question mark, or `?Pneumonia` begins with one. */
function isAsked(words: readonly Word[], { start, end }: Mention, prepared: string): boolean {
  if (
    /[?？]\s*$/.test(prepared.slice(0, words[start]?.start)) &&
    !/[\p{L}\p{N}]\s*[?？]\s*$/u.test(prepared.slice(0, words[start]?.start))
  )
    return true;
  let last = end - 1;
  while (last + 1 < words.length && words[last + 1]?.boundary !== 'sentence') last++;
  return /^[\s)\]*"'”]*[?？]/.test(prepared.slice(words[last]?.end ?? 0, (words[last]?.end ?? 0) + 8));
}

/** First word of the mention's clause, at most `reach` words back. */
function clauseStart(words: readonly Word[], start: number, owners: Owners): number {
  let from = start;
  while (from > 0 && start - from < reach && joins(words, from) && !breaksAt(words, from - 1, owners)) from--;
  return from;
}

/** No boundary, or the comma of `I doubt, that` and of `Perhaps, CT`. */
function joins(words: readonly Word[], at: number): boolean {
  const boundary = words[at]?.boundary;
  if (boundary !== 'clause') return boundary === 'none';
  return (
    lists.bridges.startingAt(words, at) !== null || isDoubtAlone(words.slice(Math.max(0, at - asideAtMost), at), 'last')
  );
}

/** Words of a clause that is nothing but `perhaps`, `может быть`. */
const asideAtMost = 4;

function isDoubtAlone(words: readonly Word[], which: 'first' | 'last'): boolean {
  const cut =
    which === 'last'
      ? words.findLastIndex(({ boundary }) => boundary !== 'none')
      : words.findIndex(({ boundary }, i) => i > 0 && boundary !== 'none');
  const clause = which === 'last' ? words.slice(Math.max(0, cut)) : words.slice(0, cut === -1 ? words.length : cut);
  return isOnlyDoubt(clause);
}

function clauseEnd(words: readonly Word[], end: number, owners: Owners): number {
  let to = end;
  const open = (at: number): boolean =>
    words[at]?.boundary === 'none' ||
    (words[at]?.boundary === 'clause' && isDoubtAlone(words.slice(at, at + asideAtMost), 'first'));
  while (to < words.length && to - end < reach && open(to) && !breaksAt(words, to, owners)) to++;
  return to;
}

function breaksAt(words: readonly Word[], at: number, owners: Owners): boolean {
  if (owners[at] !== undefined) return false;
  return lists.breaks.startingAt(words, at) !== null || givesReason(words, at);
}

/** `as the`, but not in `as well as the`. */
function givesReason(words: readonly Word[], at: number): boolean {
  return (
    lists.reasons.startingAt(words, at) !== null &&
    !/^(?:well|such|same|far|long|soon|not|just)$/.test(words[at - 1]?.text ?? '')
  );
}

/** Inside the reason of an answer, or what it is compared with. */
function isBackground(words: readonly Word[], { start }: Mention, owners: Owners): boolean {
  const near = words.slice(Math.max(0, start - 3), start);
  if (
    lists.comparisons.within(near) &&
    !near.some(({ text }) => /^look(?:s|ed|ing)?$/.test(text)) &&
    near.every((word, i) => i === 0 || word.boundary !== 'sentence')
  )
    return true;
  for (let i = start - 1; i >= 0 && start - i <= 4 * reach; i--) {
    if (words[i + 1]?.boundary === 'sentence') return false;
    if (lists.conclusions.startingAt(words, i) !== null) return false;
    if (!givesReason(words, i) || owners[i] !== undefined) continue;
    // `Because bone is bright, it is CT`: the reason ends with its comma.
    const opens = i === 0 || words[i]?.boundary === 'sentence';
    return !(opens && words.slice(i + 1, start + 1).some(({ boundary }) => boundary === 'clause'));
  }
  return false;
}

/** The second of `B over A` and of `I prefer B to A`. */
function isPassedOver(words: readonly Word[], start: number, owners: Owners): boolean {
  let at = start;
  while (/^(?:the|an?|option|choice)$/.test(words[at - 1]?.text ?? '') && owners[at - 1] === undefined) at--;
  const before = words.slice(Math.max(0, at - 2), at);
  if (lists.instead.endingAt(before) !== null) {
    const joint = lists.instead.endingAt(before)?.length ?? 1;
    if (owners[at - joint - 1] !== undefined) return true;
    return isPreferred(words, at, owners);
  }
  if (words[at - 1]?.text !== 'to' || owners[at - 2] === undefined) return false;
  return isPreferred(words, at, owners);
}

function isPreferred(words: readonly Word[], at: number, owners: Owners): boolean {
  const from = Math.max(0, at - reach);
  return lists.preferences.within(words.slice(from, at)) && owners.slice(from, at).some((one) => one !== undefined);
}

function isRepeated(words: readonly Word[], previous: Mention, next: Mention): boolean {
  const between = words.slice(previous.end, next.start);
  return words[next.start]?.boundary !== 'sentence' && between.every(({ text }) => /^(?:the|an?)$/.test(text));
}

/** Nothing but commas, `and` and articles between two mentions. */
function goesOn(words: readonly Word[], previous: Mention, next: Mention): boolean {
  const between = words.slice(previous.end, next.start);
  if (words[next.start]?.boundary === 'sentence' || between.some(({ boundary }) => boundary === 'sentence'))
    return false;
  return between.every(({ text }) => conjunctions.has(text) || /^(?:the|an?|option|choice)$/.test(text));
}

/** Words of a stretch with `§` for mentions and `,` for boundaries. */
function marked({ words, owners }: Pick<Reading, 'words' | 'owners'>, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const word = words[i] as Word;
    if (word.boundary === 'sentence') break;
    if (word.boundary === 'clause') text += ', ';
    const inside = owners[i];
    text += inside === undefined ? `${word.text} ` : '§ ';
    if (inside !== undefined) i = inside.end - 1;
  }
  return text;
}
