/** Words in the form in which answers and options are compared: quantities, the field's synonyms, sides in one order. */
import synonyms from '../lexicon/synonyms.json' with { type: 'json' };
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import wordings from '../lexicon/wordings.json' with { type: 'json' };
import { Phrases, phraseWords } from './phrases.js';
import { withQuantities } from './quantities.js';
import { cutWords, prepare, spelled, stemmed, type Word } from './word-list.js';

const { spelling: _, generic, directions, caseSensitive, ...tables } = synonyms;
const groups = Object.values(tables).flat();
const synonymPhrases = new Phrases(
  Object.fromEntries(groups.map((group) => [phraseWords(group[0] ?? '').join('_'), group] as const)),
);
const inCapitals = new Set(caseSensitive.map(spelled));
export const directionWords: ReadonlySet<string> = new Set(directions.map(spelled));
/** `Scan`, `image`, `side`: what any answer of a kind may carry, in the singular. */
export const genericWords: ReadonlySet<string> = new Set(generic.map((word) => stemmed(spelled(word))));
export const articles: ReadonlySet<string> = new Set(lexicon.articles.map(spelled));

export interface ReadOptions {
  /** Whether `III` alone is 3. */
  rankless?: boolean;
}

const questions = new Map<string, Word[]>();
const keptAtMost = 64;

/** The words of a question, which every mention in every answer to it is read beside: the last few dozen are kept. */
export function questionWords(question: string): readonly Word[] {
  const known = questions.get(question);
  if (known !== undefined) return known;
  if (questions.size >= keptAtMost) questions.clear();
  const words = readWords(question);
  questions.set(question, words);
  return words;
}

/** All words of a text. Letters and connectives stay as they are; places refer to the prepared text. */
export function readWords(text: string, { rankless = false }: ReadOptions = {}): Word[] {
  const prepared = prepare(text);
  return inOneOrder(withSynonyms(written(withQuantities(cutWords(prepared), prepared, rankless))));
}

const expanded = (table: Readonly<Record<string, string>>): Map<string, string[]> =>
  new Map(Object.entries(table).map(([short, long]) => [short, phraseWords(long)]));
const anywhere = expanded(wordings.expansions);
const capitals = expanded(wordings.expansionsInCapitals);
const alone = expanded(wordings.expansionsAlone);

/** `RUL` as `right upper lobe`, all in its place; `R` only where nothing stands beside it. */
function written(words: readonly Word[]): Word[] {
  return words.flatMap((word) => {
    const long =
      anywhere.get(word.text) ?? capitals.get(word.raw) ?? (words.length === 1 ? alone.get(word.raw) : undefined);
    if (long === undefined || word.glued) return [word];
    return long.map((text, i): Word => (i === 0 ? { ...word, text } : { ...word, text, boundary: 'none' }));
  });
}

function withSynonyms(words: readonly Word[]): Word[] {
  const out: Word[] = [];
  for (let i = 0; i < words.length;) {
    const word = words[i] as Word;
    const found = synonymPhrases.startingAt(words, i);
    const last = words[i + (found?.length ?? 1) - 1] as Word;
    const torn = words.slice(i + 1, i + (found?.length ?? 1)).some(({ boundary }) => boundary !== 'none');
    const pronoun = found?.length === 1 && inCapitals.has(word.text) && word.raw !== word.raw.toUpperCase();
    if (found === null || torn || pronoun) {
      out.push(word);
      i++;
      continue;
    }
    out.push({ ...word, text: found.name, end: last.end });
    i += found.length;
  }
  return out;
}

/** `upper left` and `left upper` alike. */
function inOneOrder(words: readonly Word[]): Word[] {
  const out = [...words];
  for (let start = 0; start < out.length; start++) {
    let end = start;
    while (directionWords.has(out[end]?.text ?? '') && (end === start || out[end]?.boundary === 'none')) end++;
    if (end - start < 2) continue;
    const texts = out
      .slice(start, end)
      .map(({ text }) => text)
      .toSorted();
    texts.forEach((text, i) => {
      out[start + i] = { ...(out[start + i] as Word), text };
    });
    start = end;
  }
  return out;
}

/** Without articles: how texts are compared whole. */
export function plainForm(words: readonly Word[]): string {
  // `A) CT` begins with a letter, not with an article.
  const isArticle = ({ text, bracketed }: Word, i: number): boolean =>
    articles.has(text) && bracketed !== true && words[i + 1]?.boundary === 'none';
  const said = words.filter((word, i) => !isArticle(word, i));
  // An abbreviation in brackets beside its own words says the same twice.
  const repeats = ({ text, raw }: Word, before: Word | undefined): boolean =>
    text === before?.text && raw !== before.raw;
  return (said.length === 0 ? words : said.filter((word, i) => !repeats(word, said[i - 1])))
    .map(({ text }) => text)
    .join(' ');
}

/** Singular and without what every answer of a kind may carry: `Axial planes` as `axial`. */
export function coreForm(words: readonly Word[]): string {
  const texts = plainForm(words).split(' ').map(stemmed);
  const core = texts.filter((text) => !genericWords.has(text));
  return (core.length === 0 ? texts : core).join(' ');
}

/** `lung, right` also as `right lung`, `cancer of the liver` also as `liver cancer`. */
export function turned(words: readonly Word[]): Word[] | null {
  // `CT / (A)` is a list, and its letter no article.
  if (words.some(({ raw }) => /^[A-Za-z]$/.test(raw)) && words.some(({ boundary }, i) => i > 0 && boundary !== 'none'))
    return null;
  const cuts = words.flatMap(({ boundary }, i) => (i > 0 && boundary !== 'none' ? [i] : []));
  const joints = words.flatMap(({ text }, i) => (/^(?:of|de|du|del|von|with|mit|con)$/.test(text) ? [i] : []));
  const [cut] = cuts;
  const [joint] = joints;
  const bare = (word: Word): Word => ({ ...word, boundary: 'none' });
  // What was torn may be a synonym when it is joined: `effusion, pleural`.
  const join = (parts: readonly Word[]): Word[] => inOneOrder(withSynonyms(parts.map(bare)));
  if (cuts.length === 1 && cut !== undefined && joints.length === 0 && words[cut]?.boundary === 'clause')
    return join([...words.slice(cut), ...words.slice(0, cut)]);
  if (joints.length === 1 && joint !== undefined && joint > 0 && cuts.length === 0)
    return join([...words.slice(joint + 1), ...words.slice(0, joint)]);
  return null;
}
