/**
 * Whose answer a mention is, and under what condition: what somebody else said, or what holds only if, is not the writer's.
 * Looks over commas to the ends of the sentence, as far as the `but` that takes it back.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import voices from '../lexicon/voices.json' with { type: 'json' };
import { Phrases } from '../words/phrases.js';
import type { Word } from '../words/word-list.js';

/** `other`: somebody else's statement. `conditional`: the writer's, but only if something holds. */
export type Voice = 'writer' | 'other' | 'conditional';

/** A place of words, and the one after its last. */
interface Span {
  start: number;
  end: number;
}

const lists = {
  people: new Phrases({ people: voices.people, theirs: voices.people.map((name) => `${name}s`) }),
  sources: new Phrases({ sources: voices.sources }),
  reports: new Phrases({ reports: voices.reports }),
  agents: new Phrases({ agents: voices.agents }),
  inversions: new Phrases({ inversion: voices.inversions }),
  writers: new Phrases({ writers: voices.writers }),
  assertions: new Phrases({ not: voices.notAssertions, assertion: voices.assertions }),
  conditions: new Phrases({ not: voices.notConditions, condition: voices.conditions }),
  contrasts: new Phrases({ contrast: voices.contrasts }),
  reasons: new Phrases({ reason: lexicon.reasons }),
};
const personEnding = new RegExp(`.(?:${voices.personEndings.join('|')})$`, 'u');
/** Words between a source and what it says: `the report clearly states`. */
const besideSource = 2;
/** Words looked at on each side. */
const reach = 30;

/** @param isOption Whether a word belongs to an option, which is no speaker and no condition. */
export function voiceOf(words: readonly Word[], span: Span, isOption: (index: number) => boolean = () => false): Voice {
  const before = sentenceStart(words, span.start);
  const after = sentenceEnd(words, span.end);
  if (isSpokenBefore(words, before, span.start, isOption) || isSpokenAfter(words, span.end, after, isOption))
    return 'other';
  const conditional = (from: number, to: number): boolean =>
    conditionsIn(words, from, to).some((index) => !isOption(index));
  return conditional(before, span.start) || conditional(span.end, after) ? 'conditional' : 'writer';
}

/** First word of a sentence, or behind the `but` before it. */
export function sentenceStart(words: readonly Word[], start: number): number {
  let from = start;
  while (from > 0 && start - from < reach && words[from]?.boundary !== 'sentence') {
    if (lists.contrasts.startingAt(words, from - 1) !== null) break;
    from--;
  }
  return from;
}

export function sentenceEnd(words: readonly Word[], end: number): number {
  let to = end;
  while (to < words.length && to - end < reach && words[to]?.boundary !== 'sentence') {
    if (lists.contrasts.startingAt(words, to) !== null || lists.reasons.startingAt(words, to) !== null) break;
    to++;
  }
  return to;
}

/** `My colleague says CT`; the nearest speaker counts, so that `he may disagree, I say CT` is the writer's. */
function isSpokenBefore(
  words: readonly Word[],
  from: number,
  to: number,
  isOption: (index: number) => boolean,
): boolean {
  for (let i = to - 1; i >= from; i--) {
    if (isOption(i)) continue;
    if (lists.writers.startingAt(words, i) !== null) return false;
    if ((isPerson(words, i) && !isEndorsed(words, i)) || reportsAt(words, i, to)) return true;
    if (asserts(words, i) && ![1, 2, 3].some((back) => i - back >= from && isWriter(words, i - back))) return true;
  }
  return false;
}

/** By name, or by a profession's ending: `the optometrist`. */
function isPerson(words: readonly Word[], i: number): boolean {
  return lists.people.startingAt(words, i) !== null || personEnding.test(words[i]?.text ?? '');
}

/** `As any radiologist would say` takes sides. */
const isEndorsed = (words: readonly Word[], i: number): boolean =>
  words.slice(Math.max(0, i - 2), i).some(({ text }) => text === 'as');

const isWriter = (words: readonly Word[], i: number): boolean => lists.writers.startingAt(words, i) !== null;

function asserts(words: readonly Word[], i: number): boolean {
  const idiom = i > 0 && lists.assertions.startingAt(words, i - 1)?.name === 'not';
  return !idiom && lists.assertions.startingAt(words, i)?.name === 'assertion';
}

/** A pronoun or a document speaks where its verb says so: `she has a mass` does not. */
function reportsAt(words: readonly Word[], i: number, to: number): boolean {
  const source = lists.sources.startingAt(words, i);
  if (source === null) return false;
  const next = i + source.length;
  const near = words.slice(Math.max(0, i - besideSource - 1), i);
  if (near.some((_, k) => lists.agents.startingAt(near, k) !== null)) return true;
  for (let k = next; k <= Math.min(next + besideSource, to - 1); k++)
    if (lists.reports.startingAt(words, k) !== null) return true;
  return false;
}

/** `CT, said the intern`, `CT is what a novice would choose`; not `CT, as any radiologist knows`. */
function isSpokenAfter(
  words: readonly Word[],
  from: number,
  to: number,
  isOption: (index: number) => boolean,
): boolean {
  for (let i = from; i < to; i++) {
    if (isOption(i)) continue;
    if (isWriter(words, i)) return false;
    const length = lists.people.startingAt(words, i)?.length ?? lists.sources.startingAt(words, i)?.length ?? 1;
    const speaks = isPerson(words, i) || lists.sources.startingAt(words, i) !== null;
    if (!speaks || isEndorsed(words, i)) continue;
    for (let k = from; k < Math.min(to, i + length + besideSource + 1); k++)
      if (!isOption(k) && (k < i || k >= i + length) && lists.reports.startingAt(words, k) !== null) return true;
  }
  return false;
}

/** Places of `if` and its like, without `even if`. */
function conditionsIn(words: readonly Word[], from: number, to: number): number[] {
  const places: number[] = [];
  for (let i = from; i < to; i++) {
    const found = lists.conditions.startingAt(words, i);
    if (lists.inversions.startingAt(words, i) !== null && (i === 0 || words[i]?.boundary !== 'none')) places.push(i);
    if (found === null) continue;
    if (found.name === 'condition') places.push(i);
    i += found.length - 1;
  }
  return places;
}
