/**
 * All places where a text speaks of an option, by words or by letter. Longest reading first: `PET-CT` is no `CT`, `no mass`
 * is no `mass`. What the text says about them is for stance.ts.
 */
import { articles, readWords } from './canon.js';
import { isPolarity, polarityMentions } from './closed.js';
import { letterMentions } from './letters.js';
import { optionForms, spokenForms } from './options.js';
import { normalize } from './text.js';
import { prepare, spelled, stemmed, type Mention, type Word } from './words.js';

export interface Reading {
  words: readonly Word[];
  /** In order, none inside another. */
  mentions: readonly Mention[];
  /** The mention that each word is part of. */
  owners: readonly (Mention | undefined)[];
  prepared: string;
}

/** Words that may be joined to an option without making it another: `CT-scan`, `left-sided`. */
const harmless = new Set(
  ['scan', 'scans', 'image', 'images', 'imaging', 'based', 'like', 'sided', 'weighted', 'film', 'shaped'].map(spelled),
);

/** @param bounded The text is an answer, not prose around one: bare numbers and capital letters count. */
export function readMentions(text: string, options: readonly string[], bounded: boolean): Reading {
  const prepared = prepare(text);
  const words = readWords(text);
  const byWords = withoutInner([...wordMentions(words, options, bounded), ...polarityMentions(words, options)]);
  const taken = new Set(byWords.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)));
  const letters = letterMentions({ words, prepared, options: options.length, bounded })
    .filter(({ start }) => !taken.has(start))
    .map(({ index, start, end }): Mention => {
      // Where `A` is itself an option, it means that one.
      const own = options.find((option) => normalize(option) === words[start]?.text);
      return { option: own ?? options[index] ?? null, start, end, by: own === undefined ? 'letter' : 'words' };
    });
  const mentions = [...byWords, ...letters].toSorted((a, b) => a.start - b.start);
  const owners = new Array<Mention | undefined>(words.length);
  for (const mention of mentions) owners.fill(mention, mention.start, mention.end);
  return { words, mentions, owners, prepared };
}

function wordMentions(words: readonly Word[], options: readonly string[], bounded: boolean): Mention[] {
  const byFirst = new Map<string, { option: string; form: string[] }[]>();
  for (const { option, form } of soughtForms(options, bounded)) {
    const first = form[0] ?? '';
    byFirst.set(first, [...(byFirst.get(first) ?? []), { option, form }]);
  }
  const mentions: Mention[] = [];
  for (const [start, word] of words.entries()) {
    const candidates = new Set([...(byFirst.get(word.text) ?? []), ...(byFirst.get(stemmed(word.text)) ?? [])]);
    for (const { option, form } of candidates) {
      const end = endOfForm(words, start, form);
      if (end !== null && standsAlone(words, start, end)) mentions.push({ option, start, end, by: 'words' });
    }
  }
  return mentions;
}

/** Forms that mean one option only. A form of two options is left out: it says neither. */
function soughtForms(options: readonly string[], bounded: boolean): { option: string; form: string[] }[] {
  const owners = new Map<string, Set<string>>();
  for (const forms of optionForms(options)) {
    for (const form of spokenForms(forms)) owners.set(form, (owners.get(form) ?? new Set()).add(forms.option));
  }
  return [...owners].flatMap(([form, owning]) => {
    const [option] = owning;
    // A lone letter reads as an article or pronoun, `no` as a determiner, a number in prose as a size.
    const bare = /^(?:\p{L}|#[\d.-]+)$/u.test(form) && !(bounded && form.startsWith('#'));
    return owning.size !== 1 || option === undefined || bare || isPolarity(option)
      ? []
      : [{ option, form: form.split(' ') }];
  });
}

function endOfForm(words: readonly Word[], start: number, form: readonly string[]): number | null {
  let at = start;
  for (const [i, wanted] of form.entries()) {
    if (i > 0) at = afterArticles(words, at, wanted);
    const word = words[at];
    if (word === undefined || (word.text !== wanted && stemmed(word.text) !== wanted)) return null;
    if (i > 0 && word.boundary === 'sentence') return null;
    at++;
  }
  return at;
}

function afterArticles(words: readonly Word[], start: number, wanted: string): number {
  let at = start;
  while (articles.has(words[at]?.text ?? '') && words[at]?.text !== wanted) at++;
  return at;
}

function standsAlone(words: readonly Word[], start: number, end: number): boolean {
  const next = words[end];
  return words[start]?.glued !== true && !(next?.glued === true && !harmless.has(next.text));
}

/** Leaves out mentions that lie inside longer ones. */
function withoutInner(mentions: readonly Mention[]): Mention[] {
  const byStart = [...mentions].toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Mention[] = [];
  let reached: Mention | undefined;
  for (const one of byStart) {
    const inner = reached !== undefined && one.end <= reached.end && one.end - one.start < reached.end - reached.start;
    if (!inner) kept.push(one);
    if (reached === undefined || one.end > reached.end) reached = one;
  }
  return kept;
}
