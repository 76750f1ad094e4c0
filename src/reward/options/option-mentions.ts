/**
 * All places where a text speaks of an option, by words or by letter. Longest reading first: `PET-CT` is no `CT`, `no mass`
 * is no `mass`. What the text says about them is for stance.ts.
 */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { articles, directionWords, genericWords, readWords } from '../words/canonical-words.js';
import { isPolarity, polarityMentions } from '../reading/yes-no.js';
import { isNoCount } from './bare-numbers.js';
import { letterMentions } from './option-letters.js';
import { ordinalMentions } from './option-ordinals.js';
import { byInitials, optionForms, spokenForms } from './answer-options.js';
import { afterJoint, closesJoint, joint, reorderedForms } from './word-order.js';
import { normalize } from '../words/normal-text.js';
import { Phrases } from '../words/phrases.js';
import { prepare, spelled, stemmed, type Mention, type Word } from '../words/word-list.js';

export interface Reading {
  words: readonly Word[];
  /** In order, none inside another. */
  mentions: readonly Mention[];
  /** The mention that each word is part of. */
  owners: readonly (Mention | undefined)[];
  prepared: string;
}

/** Where the words of its own option end that follow a letter, as in `D) 4`; where it ends itself without them. */
function ownWordsAfter(words: readonly Word[], end: number, option: string | null, options: readonly string[]): number {
  const forms = optionForms(options).find((one) => one.option === option);
  const ends =
    forms === undefined
      ? []
      : spokenForms(forms).map((form) => {
          const parts = form.split(' ');
          return (
            endOfForm(words, afterArticles(words, end, parts[0] ?? ''), parts, /[.!?;]\s/.test(option ?? '')) ?? end
          );
        });
  return Math.max(end, ...ends);
}

/** `B) CT` and `CT (B)` speak of one option once. */
function joined(mentions: readonly Mention[]): Mention[] {
  const out: Mention[] = [];
  for (const mention of mentions) {
    const previous = out.at(-1);
    if (previous?.option === mention.option && previous.option !== null && previous.end >= mention.start)
      out[out.length - 1] = {
        ...previous,
        end: Math.max(previous.end, mention.end),
        by: previous.by === 'words' ? 'words' : mention.by,
        weak: previous.weak === true && mention.weak === true,
      };
    else out.push(mention);
  }
  return out;
}

/** Words that may be joined to an option without making it another: `CT-scan`, `left-sided`. */
const harmless = new Set(
  ['scan', 'scans', 'image', 'images', 'imaging', 'based', 'like', 'sided', 'weighted', 'film', 'shaped'].map(spelled),
);

/** @param bounded The text is an answer, not prose around one: bare numbers and capital letters count. */
export function readMentions(text: string, options: readonly string[], bounded: boolean): Reading {
  const prepared = prepare(text);
  const words = readWords(text);
  const spoken = wordMentions(words, options).map((one): Mention => ({
    ...one,
    weak: isNoCount(words, one, bounded),
  }));
  // `MS` where two options have these initials.
  const byWords = withoutInner(
    spoken
      .map((one) => (isShared(words, one, options) ? { ...one, option: null } : one))
      .concat(headMentions(words, options), spelledMentions(words, options), polarityMentions(words, options)),
  );
  const taken = new Set(byWords.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)));
  const own = new Set(options.map((option) => option.trim().toLowerCase()).filter((option) => option.length === 1));
  const amongNumbers = optionForms(options).every(
    (one) => one.words.length === 1 && one.words[0]?.text.startsWith('#') === true,
  );
  const context = { words, prepared, options: options.length, own, bounded };
  const numeric = optionForms(options).some((one) => one.words.some((word) => word.text.startsWith('#')));
  const strong = [...letterMentions(context), ...(numeric ? [] : ordinalMentions(words, options.length))];
  const places = new Set(strong.map(({ start }) => start));
  // A bare capital in prose stands beside another answer, though it could be none by itself.
  const weak = bounded ? [] : letterMentions({ ...context, bounded: true }).filter(({ start }) => !places.has(start));
  const plain = options.map(normalize);
  const letters = [...strong, ...weak]
    .filter(({ start }) => !taken.has(start))
    .map(({ index, start, end }): Mention => {
      // Where `A` is itself an option, it means that one.
      const itself = options[plain.indexOf(words[start]?.text ?? '')];
      const named = itself ?? options[index] ?? null;
      const stop = ownWordsAfter(words, end, named, options);
      // `C) 5 cm` where C is 3 cm contradicts itself.
      const option = stop === end && amongNumbers && words[end]?.text.startsWith('#') === true ? null : named;
      const by = itself === undefined ? 'letter' : 'words';
      return { option, start, end: stop, by, weak: !places.has(start) };
    })
    .filter(({ option, weak: bare }) => option !== null || bare !== true);
  const mentions = joined([...byWords, ...letters].toSorted((a, b) => a.start - b.start));
  const owners = new Array<Mention | undefined>(words.length);
  for (const mention of mentions) owners.fill(mention, mention.start, mention.end);
  const closed = new Set(mentions.filter((one) => closesItself(words, one, prepared)).map(({ end }) => end));
  const parted = words.map((word, i): Word => (closed.has(i) ? { ...word, boundary: 'none' } : word));
  return { words: parted, mentions, owners, prepared };
}

/** The bracket behind `Magnetic Resonance Imaging (MRI)` is the option's own and ends no clause. */
function closesItself(words: readonly Word[], { start, end }: Mention, prepared: string): boolean {
  const [first, last, next] = [words[start], words[end - 1], words[end]];
  if (first === undefined || last === undefined || next === undefined) return false;
  return (
    /^\s*[)\]}]\s*$/.test(prepared.slice(last.end, next.start)) &&
    /[([{]/.test(prepared.slice(Math.max(0, first.start - 1), last.end))
  );
}

const denials = new Phrases({ denial: lexicon.denials });

/** Whether an abbreviation may be two options. */
const isShared = (words: readonly Word[], { start, end }: Mention, options: readonly string[]): boolean => {
  const raws = new Set(words.slice(start, end).map(({ raw }) => raw));
  const [raw = ''] = raws;
  return raws.size === 1 && byInitials(raw, options).length > 1;
};

/** `Central retinal artery occlusion` where an option is `CRAO`. */
function spelledMentions(words: readonly Word[], options: readonly string[]): Mention[] {
  return options.flatMap((option) => {
    const short = /^[A-Z]{3,6}$/.test(option.trim()) ? option.trim().toLowerCase() : '';
    return words.flatMap((_, start): Mention[] => {
      const window = words.slice(start, start + short.length);
      const unbroken = window.every(({ boundary }, i) => i === 0 || boundary === 'none');
      const spelt = short !== '' && unbroken && window.map(({ text }) => text.charAt(0)).join('') === short;
      return spelt && window.every(({ text }) => text.length > 3)
        ? [{ option, start, end: start + short.length, by: 'words' }]
        : [];
    });
  });
}

/** The `edema` of `pulmonary edema`, where no other option has it: it stands beside an answer, but is none by itself. */
function headMentions(words: readonly Word[], options: readonly string[]): Mention[] {
  const heads = optionForms(options).map(({ words: own }) => (own.length > 0 ? spelledParts(own) : []));
  const all = heads.flat();
  return heads.flatMap((parts, i) => {
    const head = parts.at(-1) ?? '';
    if (parts.length < 2 || head.length < 4 || !/^\p{L}+$/u.test(head) || all.filter((one) => one === head).length > 1)
      return [];
    const named = genericWords.has(stemmed(head)) || directionWords.has(head);
    if (named || denials.within(optionForms(options)[i]?.words ?? [])) return [];
    return words.flatMap((word, start): Mention[] =>
      word.text === head ? [{ option: options[i] ?? null, start, end: start + 1, by: 'words', weak: true }] : [],
    );
  });
}

const spelledParts = (words: readonly Word[]): string[] => words.flatMap(({ text }) => text.split('_'));

function wordMentions(words: readonly Word[], options: readonly string[]): Mention[] {
  const byFirst = new Map<string, { option: string | null; form: string[] }[]>();
  for (const { option, form } of soughtForms(options)) {
    const first = form[0] ?? '';
    byFirst.set(first, [...(byFirst.get(first) ?? []), { option, form }]);
  }
  const mentions: Mention[] = [];
  for (const [start, word] of words.entries()) {
    const candidates = new Set([...(byFirst.get(word.text) ?? []), ...(byFirst.get(stemmed(word.text)) ?? [])]);
    for (const { option, form } of candidates) {
      const end = endOfForm(words, start, form, option !== null && /[.!?;]\s/.test(option));
      if (end !== null && standsAlone(words, start, end)) mentions.push({ option, start, end, by: 'words' });
    }
  }
  return mentions;
}

/** A form of two options speaks of either, so of none that could be paid: it stands beside the others all the same. */
function soughtForms(options: readonly string[]): { option: string | null; form: string[] }[] {
  const owners = new Map<string, Set<string>>();
  for (const forms of optionForms(options)) {
    // A lone letter reads as an article or pronoun, `no` as a determiner: option-letters.ts and yes-no.ts look for them.
    if (isPolarity(forms.option)) continue;
    for (const form of [...spokenForms(forms), ...reorderedForms(forms.words)].filter((text) => !/^\p{L}$/u.test(text)))
      owners.set(form, (owners.get(form) ?? new Set()).add(forms.option));
  }
  return [...owners].map(([form, [option = null, ...more]]) => ({
    option: more.length === 0 ? option : null,
    form: form.split(' '),
  }));
}

/** @param sentences Whether the option itself is several sentences. */
function endOfForm(words: readonly Word[], start: number, form: readonly string[], sentences = false): number | null {
  let at = start;
  for (const [i, wanted] of form.entries()) {
    if (wanted === joint) {
      const next = afterJoint(words, at);
      if (next === null) return null;
      at = next;
      continue;
    }
    if (i > 0) at = afterArticles(words, at, wanted);
    const word = words[at];
    if (word === undefined || (word.text !== wanted && stemmed(word.text) !== wanted)) return null;
    if (i > 0 && word.boundary === 'sentence' && !sentences) return null;
    at++;
  }
  return form.includes(joint) && !closesJoint(words, start, at) ? null : at;
}

function afterArticles(words: readonly Word[], start: number, wanted: string): number {
  let at = start;
  while (articles.has(words[at]?.text ?? '') && words[at]?.text !== wanted) at++;
  return at;
}

function standsAlone(words: readonly Word[], start: number, end: number): boolean {
  const next = words[end];
  // `Non-malignant` speaks of malignant, and denies it.
  const glued = words[start]?.glued === true && !/^(?:non|not)$/.test(words[start - 1]?.text ?? '');
  return !glued && !(next?.glued === true && !harmless.has(next.text));
}

/** Leaves out mentions that lie inside longer ones. */
function withoutInner(mentions: readonly Mention[]): Mention[] {
  const byStart = [...mentions].toSorted(
    (a, b) => a.start - b.start || b.end - a.end || Number(a.option === null) - Number(b.option === null),
  );
  const kept: Mention[] = [];
  let reached: Mention | undefined;
  for (const one of byStart) {
    const same = reached?.start === one.start && reached.end === one.end;
    const shorter = reached !== undefined && one.end - one.start < reached.end - reached.start;
    const inner = reached !== undefined && one.end <= reached.end && (shorter || (same && one.option === null));
    if (!inner) kept.push(one);
    if (reached === undefined || one.end > reached.end) reached = one;
  }
  return kept;
}
