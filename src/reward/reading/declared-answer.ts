/** Where a text declares its answer (`the answer is …`, `I would choose …`, `\boxed{…}`, `答案：…`), and what it declares there. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { Phrases, phraseWords } from '../words/phrases.js';
import { sentenceStart, voiceOf } from './voices.js';
import { cutWords, prepare, type Word } from '../words/word-list.js';

export interface Declaration {
  /** What follows: to the end of its line, and to the end of its sentence. */
  line: string;
  sentence: string;
  /** Where it begins, and where its sentence ends, in the prepared text. */
  start: number;
  end: number;
  /** `could be`, `might be`: not a declaration but a guess. */
  doubtful: boolean;
  /** A word before it takes an earlier declaration back. */
  revised: boolean;
}

/** A text that keeps saying `the answer is` is read from its end, this many times, and not far beyond each. */
const lastDeclarations = 8;
const longestSegment = 400;
/** Words that may stand between `answer` and `is`: `answer to this question is`. */
const between = 7;

const nouns = new Phrases({ noun: lexicon.answerNouns });
const choiceNouns = new Phrases({ noun: lexicon.choiceNouns });
const qualifiers = new Set(lexicon.choiceQualifiers.flatMap(phraseWords));
const verbs = new Phrases({ verb: lexicon.chooseVerbs });
const copulas = new Phrases({ copula: lexicon.answerCopulas });
const superseded = new Phrases({ superseded: lexicon.superseded });
const retractions = new Phrases({ retraction: lexicon.retractions });
const negating = new Set(['wrong', 'incorrect', 'false', 'worst', 'least', 'falsche', 'mauvaise', 'incorrecta']);
const refusing = new Set(lexicon.refusing.flatMap(phraseWords));
const modal = /\b(?:could|might|may|can) be$|^(?:kann sein|puede ser|podria ser|可 能 是)$/;

/** In their order. */
export function declarations(text: string): Declaration[] {
  const prepared = prepare(text);
  const words = cutWords(prepared);
  const boxes = [...prepared.matchAll(/\\boxed\s*(?=\{)/g)].map(({ index, 0: found }) => ({
    at: index,
    after: index + found.length,
    doubtful: false,
  }));
  const places = [...spokenCues(words, prepared), ...boxes]
    .toSorted((a, b) => a.after - b.after)
    .slice(-lastDeclarations);
  return places.map(({ at, after, doubtful }, i) => {
    const rest = prepared.slice(after, Math.min(after + longestSegment, places[i + 1]?.at ?? prepared.length));
    const lead = /^(?:[\s:：=*"'→,]|->|-(?!\d))*/.exec(rest)?.[0] ?? '';
    const line = rest.slice(lead.length).split('\n')[0] ?? '';
    const sentence =
      /^\{[^{}]*\}/.exec(line)?.[0] ??
      /^(?:[A-Z][.)]\s+\S)?.*?(?=[.!?;。！？；](?=\s|$|\P{ASCII})|$)/u.exec(line)?.[0] ??
      line;
    const sinceLast = words.filter(({ start }) => start < at && start >= (places[i - 1]?.after ?? at - 200));
    // `No, wait: the answer is B`; the cue's own words count too, as in `final answer`, but not where one was final before.
    const own = cueWords(words, places[i] as Place);
    const again = places
      .slice(0, i)
      .some((place) => cueWords(words, place).map(spoken).join() === own.map(spoken).join());
    const revised = retractions.within(
      again ? sinceLast.filter((word) => !own.includes(word)) : [...sinceLast, ...own],
    );
    const asked = /^\s*[?？]/.test(line.slice(sentence.length));
    return {
      line,
      sentence,
      start: at,
      end: after + lead.length + sentence.length,
      doubtful: doubtful || asked,
      revised,
    };
  });
}

type Place = Pick<Cue, 'at' | 'after'>;

const spoken = ({ text }: Word): string => text;

/** `final answer is`: the cue and the word before it. */
function cueWords(words: readonly Word[], { at, after }: Place): Word[] {
  const first = words.findIndex(({ start }) => start >= at);
  const from = words[first]?.boundary === 'none' ? Math.max(0, first - 1) : first;
  return words.slice(Math.max(0, from)).filter(({ start }) => start < after);
}

interface Cue {
  at: number;
  after: number;
  doubtful: boolean;
}

function spokenCues(words: readonly Word[], prepared: string): Cue[] {
  const cues: Cue[] = [];
  for (let i = 0; i < words.length; i++) {
    const cue = nounCue(words, i, prepared) ?? verbCue(words, i);
    if (cue === null) continue;
    const voice = voiceOf(words, { start: cue.next, end: cue.next });
    // `A common mistake is to answer B`.
    const gone = superseded.within(words.slice(sentenceStart(words, i), cue.next));
    if (voice !== 'other' && !gone) cues.push({ ...cue.cue, doubtful: cue.cue.doubtful || voice === 'conditional' });
    i = cue.next - 1;
  }
  return cues;
}

function nounCue(words: readonly Word[], i: number, prepared: string): { cue: Cue; next: number } | null {
  const found = nouns.startingAt(words, i) ?? choiceNouns.startingAt(words, i);
  if (found === null) return null;
  const word = words[i] as Word;
  const needsQualifier = nouns.startingAt(words, i) === null;
  // `The wrong answer is B` declares none.
  const negated = words
    .slice(Math.max(i - 3, 0), i)
    .some(
      ({ text }, k, near) =>
        negating.has(text) && [...near.slice(k + 1), word].every(({ boundary }) => boundary !== 'sentence'),
    );
  const qualified = words.slice(Math.max(i - 3, 0), i).some(({ text }) => qualifiers.has(text));
  const opens = word.boundary !== 'none' || i === 0;
  for (let k = i + found.length; k <= i + found.length + between; k++) {
    const [previous, next] = [words[k - 1] as Word, words[k]];
    const gap = prepared.slice(previous.end, next?.start ?? prepared.length);
    const colon = /^[\s*_"')\]]*(?:[:：=→]|->|\s[-–—]+\s|\*\*\s)/.exec(gap);
    if (colon !== null && (!needsQualifier || qualified || opens)) {
      return { cue: { at: word.start, after: previous.end + colon[0].length, doubtful: negated }, next: k };
    }
    if (next === undefined || (next.boundary !== 'none' && k > i + found.length))
      return needsQualifier ? null : bareNoun(words, i, found.length, prepared, qualified);
    const copula = copulas.startingAt(words, k);
    // `La opción correcta es` has its qualifier behind.
    const behind = words.slice(i + found.length, k).some(({ text }) => qualifiers.has(text));
    if (copula !== null && (!needsQualifier || qualified || behind)) {
      const last = words[k + copula.length - 1] as Word;
      const said = words
        .slice(k, k + copula.length)
        .map(({ text }) => text)
        .join(' ');
      return {
        cue: { at: word.start, after: last.end, doubtful: negated || modal.test(said) },
        next: k + copula.length,
      };
    }
    if (next.boundary === 'sentence') return null;
  }
  return null;
}

/** `Answer B`, `doğru cevap B`: the noun at the start of a line, or called right, and a letter right behind it. */
function bareNoun(
  words: readonly Word[],
  i: number,
  length: number,
  prepared: string,
  qualified: boolean,
): { cue: Cue; next: number } | null {
  const [word, next] = [words[i] as Word, words[i + length]];
  const opens = word.boundary === 'sentence' || i === 0 || qualified;
  if (!opens || next === undefined || !/^\(?[A-Z]\)?(?:[\s.)]|$)/.test(prepared.slice(next.start, next.start + 3)))
    return null;
  return { cue: { at: word.start, after: words[i + length - 1]?.end ?? word.end, doubtful: false }, next: i + length };
}

function verbCue(words: readonly Word[], i: number): { cue: Cue; next: number } | null {
  const found = verbs.startingAt(words, i);
  if (found === null) return null;
  // `The guess of the student`.
  if (/^(?:the|an?|my|his|her|their|your|our)$/.test(words[i - 1]?.text ?? '')) return null;
  const before = words.slice(Math.max(0, i - 3), i);
  const unbroken = (k: number): boolean =>
    [...before.slice(k + 1), words[i] as Word].every(({ boundary }) => boundary === 'none');
  if (before.some(({ text }, k) => refusing.has(text) && unbroken(k))) return null;
  const last = words[i + found.length - 1] as Word;
  return { cue: { at: words[i]?.start ?? 0, after: last.end, doubtful: false }, next: i + found.length };
}
