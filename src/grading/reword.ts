/**
 * Grade 6: a rationale with two or three content words put differently. Part of speech is judged by the neighbours,
 * sense by how much of its gloss the context shares (Lesk), then by frequency. No parser: what is unclear stays as it
 * is.
 */
import type { Random } from '../random.js';
import type { Sample } from '../sample.js';
import { articleFor, inflect, readings, withCaseOf } from './inflection.js';
import { functionWords, meaningfulWords } from './protected-words.js';
import type { PartOfSpeech, Sense, Thesaurus } from './thesaurus.js';
import { useOf, type Use } from './word-use.js';
import {
  contentStems,
  isContent,
  replaceRanges,
  stem,
  wordsOf,
  type Replacement,
  type Word,
} from './rationale-words.js';

/**
 * How daring a synonym may be; a level is tried only when those before it leave too few. First words met in tagged text
 * with this very sense, then words met in some sense, then the next sense where the context speaks for it, then
 * adjectives of similar sense, if they are usual.
 */
const levels = [
  { sense: 'first', met: 'in-sense' },
  { sense: 'first', met: 'in-any' },
  { sense: 'supported', met: 'in-sense' },
  { sense: 'similar', met: 'often' },
] as const;
/** Least count in tagged text. */
const leastFrequency = { 'in-sense': 1, often: 3 } as const;
type Level = (typeof levels)[number];

/**
 * How many senses a synonym may have that are more usual than the one meant; more would make it read as another word.
 */
const rarestRank = 1;

/**
 * The rationale with up to three content words replaced (two in a text of fewer than twelve words), or null where none
 * can be. Words of the answer, the options and the question's entity are never touched.
 */
export function rewordLightly(
  sample: Pick<Sample, 'question' | 'options' | 'answer' | 'rationale'>,
  thesaurus: Thesaurus,
  random: Random,
): string | null {
  const text = sample.rationale;
  const words = wordsOf(text);
  const kept = keptStems(sample, thesaurus);
  const context = contentStems(`${sample.question} ${text}`);
  const wanted = words.length < 12 ? 2 : 3;
  const places = random.shuffle(words.map((_, i) => i)).flatMap((i): Place[] => {
    const word = words[i] as Word;
    const use = mayChange(word, kept) ? useOf(words, i, text, thesaurus) : null;
    if (
      use === null ||
      thesaurus
        .senses(use.lemma, 'noun')
        .slice(0, 2)
        .some((sense) => sense.anatomical)
    )
      return [];
    return [{ i, word, use, ranked: likeliestSenses(thesaurus.senses(use.lemma, use.pos), use.lemma, context) }];
  });
  const chosen = new Map<number, string>();
  for (const level of levels) {
    for (const place of places) {
      if (chosen.size === wanted) break;
      if ([...chosen.keys()].some((at) => words[at]?.lower === place.word.lower)) continue;
      const synonym = synonymFor(place, level, kept, thesaurus);
      if (synonym !== null) chosen.set(place.i, withCaseOf(place.word.text, synonym));
    }
  }
  if (chosen.size === 0) return null;
  return replaceRanges(
    text,
    [...chosen].flatMap(([i, synonym]) => replacementsAt(words, i, synonym, text)),
  );
}

/** The word's own replacement, and that of an article before it whose form depends on it. */
function replacementsAt(words: readonly Word[], i: number, synonym: string, text: string): Replacement[] {
  const [before, word] = [words[i - 1], words[i] as Word];
  const own = { start: word.start, end: word.end, text: synonym };
  if (before === undefined || !/^an?$/.test(before.lower) || text.slice(before.end, word.start) !== ' ') return [own];
  return [{ start: before.start, end: before.end, text: withCaseOf(before.text, articleFor(synonym)) }, own];
}

/** Stems of the answer, the options, and what the question is about; its verbs are free. */
function keptStems(sample: Pick<Sample, 'question' | 'options' | 'answer'>, thesaurus: Thesaurus): Set<string> {
  const entity = wordsOf(sample.question).filter(({ lower }) => {
    const usage = (pos: PartOfSpeech): number =>
      Math.max(0, ...readings(lower).map((reading) => thesaurus.usage(reading.lemma, pos)));
    return usage('verb') <= usage('noun') + usage('adj');
  });
  const named = wordsOf([sample.answer, ...sample.options].join(' '));
  return new Set([...entity, ...named].map((word) => stem(word.lower)));
}

function mayChange(word: Word, kept: ReadonlySet<string>): boolean {
  const readable = /^\p{Lu}?\p{Ll}{3,}$/u.test(word.text);
  return readable && isContent(word) && !meaningfulWords.has(word.lower) && !kept.has(stem(word.lower));
}

/** A word that may be replaced, as it is used there, with its senses, likeliest first. */
interface Place {
  i: number;
  word: Word;
  use: Use;
  ranked: readonly RankedSense[];
}

function synonymFor(place: Place, level: Level, kept: ReadonlySet<string>, thesaurus: Thesaurus): string | null {
  const { lemma, pos, form } = place.use;
  const mayStand = (other: string): boolean =>
    /^[a-z]{3,}$/.test(other) &&
    !related(other, lemma) &&
    !functionWords.has(other) &&
    !meaningfulWords.has(other) &&
    !kept.has(stem(other));
  for (const sense of sensesAt(level, place.ranked, thesaurus)) {
    const candidates = sense.words
      .filter((other) => mayStand(other) && rankOf(sense, thesaurus.senses(other, pos)) <= rarestRank)
      .map((other) => ({
        inflected: inflect(other, form),
        frequency: thesaurus.frequency(other, pos, sense),
        usage: thesaurus.usage(other, pos),
      }))
      .filter(({ inflected }) => inflected !== null && inflected !== place.word.lower)
      .filter(({ frequency, usage }) => (level.met === 'in-any' ? usage > 0 : frequency >= leastFrequency[level.met]))
      .sort((a, b) => b.frequency - a.frequency || b.usage - a.usage);
    if (candidates[0] !== undefined) return candidates[0].inflected;
  }
  return null;
}

function sensesAt(level: Level, ranked: readonly RankedSense[], thesaurus: Thesaurus): readonly Sense[] {
  const [first] = ranked;
  if (first === undefined) return [];
  if (level.sense === 'similar') return thesaurus.similar(first.sense);
  const tried = level.sense === 'first' ? [first] : ranked.slice(0, 2).filter(({ shared }) => shared > 0);
  return tried.map(({ sense }) => sense);
}

/** Same word family: `diagnosing` is no other word for `diagnosis`. */
function related(a: string, b: string): boolean {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  return same >= 4 || same === Math.min(a.length, b.length) || stem(a) === stem(b);
}

interface RankedSense {
  sense: Sense;
  /** Words that the gloss shares with the context. */
  shared: number;
  score: number;
}

/** Best first. Each step down in frequency costs more than half a shared word. */
function likeliestSenses(senses: readonly Sense[], lemma: string, context: ReadonlySet<string>): RankedSense[] {
  const own = stem(lemma);
  const ranked = senses.map((sense, rank) => {
    let shared = 0;
    for (const word of sense.glossStems) if (word !== own && word.length > 2 && context.has(word)) shared++;
    return { sense, shared, score: shared - 0.6 * rank };
  });
  return ranked.sort((a, b) => b.score - a.score);
}

function rankOf(sense: Sense, senses: readonly Sense[]): number {
  const rank = senses.findIndex((other) => other.id === sense.id);
  return rank === -1 ? Infinity : rank;
}
