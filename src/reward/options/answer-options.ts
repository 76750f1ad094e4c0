/**
 * Which option a piece of text names outright, by its words alone: letter for letter, then by ever looser forms. Whatever
 * could mean two options names none, and a looser form is not asked where a stricter one was ambiguous.
 */
import { coreForm, plainForm, readWords, turned } from '../words/canonical-words.js';
import { declarations } from '../reading/declared-answer.js';
import { comparable, normalize } from '../words/normal-text.js';
import type { Word } from '../words/word-list.js';

/** `A` for the first option. */
export function optionLetter(index: number): string {
  return String.fromCharCode(65 + index);
}

/**
 * Whether options carry letters of their own by which this one, from A to the first option on, may name another or none:
 * `B` of `B) CT` and `C) MRI`.
 */
export function isDisputed(letter: string, texts: readonly string[]): boolean {
  const own = texts.map((text) => ownLetter.exec(text.trim())?.[1]?.toUpperCase());
  const named = texts.findIndex((_, i) => optionLetter(i) === letter);
  return own.some((one, i) => one === letter && i !== named) || (own[named] !== letter && !own.includes(undefined));
}

const ownLetter = /^\(?([A-Z])\s*[).:]/i;

/** Forms of one text, strictest first; each list holds spellings that count alike. */
type Forms = readonly (readonly string[])[];

export interface OptionForms {
  option: string;
  words: readonly Word[];
  forms: Forms;
  /** Whether it is itself worded as a declaration: `The diagnosis is asthma`. */
  declares: boolean;
}

const rankHead = /#\d+$/;
const kept = new Map<string, readonly OptionForms[]>();
const keptAtMost = 256;

/** Options with their forms; a question is read many times, so the last few hundred are kept. */
export function optionForms(options: readonly string[]): readonly OptionForms[] {
  const key = JSON.stringify(options);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const words = options.map((option) => readWords(option));
  const common = commonWords(words.map(coreForm));
  const numbers = withoutUnit(options);
  const forms = words.map((own, i) => {
    const option = options[i] ?? '';
    return {
      option,
      words: own,
      declares: declarations(option).length > 0,
      forms: [...formsOf(option, own), [numbers?.[i] ?? without(coreForm(own), common)]],
    };
  });
  if (kept.size >= keptAtMost) kept.clear();
  kept.set(key, forms);
  return forms;
}

/** `1.200` is a thousand to some and a little more than one to others. */
const readTwice = /(?<![\d.,])[1-9]\d{0,2}\.\d{2}0(?!\d)/;

function formsOf(text: string, words: readonly Word[]): string[][] {
  const other = turned(words);
  const both = other === null ? [words] : [words, other];
  const exact = !readTwice.test(text);
  return [
    [text.trim()],
    exact ? [normalize(text)] : [],
    exact ? [comparable(text)] : [],
    [plainForm(words)],
    both.map(plainForm),
    both.map(coreForm),
    bracketed(text),
  ].map((forms) => forms.filter((form) => form !== ''));
}

/** The option, null where several fit, undefined where none does. */
export function nameOption(text: string, options: readonly string[]): string | null | undefined {
  const all = optionForms(options);
  const words = readWords(text);
  const initials = byInitials(text.trim().replace(/[.!]$/, ''), options);
  if (initials.length > 1) return null;
  const own = formsOf(text, words);
  const short = [
    coreForm(words),
    coreForm(readWords(text, { rankless: all.every(({ words: it }) => rankHead.test(plainForm(it))) })),
  ];
  // Only an option's brackets are read as its abbreviation: `MRI (3 T) or CT` is not MRI.
  const wanted = [...own.slice(0, -1), [normalize(text), ...(own[5] ?? [])], [...new Set(short)]];
  for (const [level, forms] of wanted.entries()) {
    const found = all.filter(
      ({ forms: mine }) => mine[level]?.some((form) => form !== '' && forms.includes(form)) === true,
    );
    if (found.length === 1) return found[0]?.option;
    if (found.length > 1 && level === 0) return found[0]?.option;
    if (found.length > 1) return null;
  }
  return initials[0] ?? misspelt(words, all);
}

/** The options that an abbreviation may stand for by its letters alone: `MS` for `Mitral stenosis` and `Multiple sclerosis`. */
export function byInitials(short: string, options: readonly string[]): string[] {
  if (!/^[A-Z]{2,6}$/.test(short)) return [];
  return options.filter((option) => initialsOf(option) === short);
}

const initialsOf = (option: string): string =>
  (option.match(/\p{L}+/gu) ?? [])
    .flatMap((one) => (/^(?:of|the|and|in|a|an)$/i.test(one) ? [] : one.charAt(0).toUpperCase()))
    .join('');

/** The one option whose words a text has with letters swapped, doubled or halved: `plueral efusion`. */
function misspelt(words: readonly Word[], all: readonly OptionForms[]): string | undefined {
  const said = words.map(signature).join(' ');
  if (!words.some(({ text }) => text.length >= shortestMisspelt)) return undefined;
  const found = all.filter((one) => spelledOut(one.words).map(signature).join(' ') === said);
  return found.length === 1 ? found[0]?.option : undefined;
}

const shortestMisspelt = 6;
const spelledOut = (words: readonly Word[]): Pick<Word, 'text'>[] =>
  words.flatMap(({ text }) => text.split('_').map((part) => ({ text: part })));

/** First and last letter and those between, sorted and once each. */
function signature({ text }: Pick<Word, 'text'>): string {
  if (!/^[a-z]{5,}$/.test(text)) return text;
  return `${text[0]}${[...new Set(text.slice(1, -1))].toSorted().join('')}${text.at(-1)}`;
}

/** The option whose own words a text is; null where none or several are. */
export function optionByText(text: string, options: readonly string[]): string | null {
  return nameOption(text, options) ?? null;
}

/**
 * Other spellings of an option that carries its abbreviation in brackets: `Computed Tomography (CT) scan` is also `CT`,
 * `CT scan`, `computed tomography`, `computed tomography scan`.
 */
function bracketed(option: string): string[] {
  const match = /^(.*?)\s*\(([^()]+)\)\s*(.*)$/.exec(option.trim());
  if (match === null) return [];
  const [, head = '', short = '', tail = ''] = match;
  const abbreviation = (text: string): boolean => /^[A-Z][A-Za-z0-9-]*[A-Z0-9][A-Za-z0-9-]*$/.test(text);
  if (!abbreviation(short) && !abbreviation(head)) return [];
  const texts = [head, short, `${head} ${tail}`, `${short} ${tail}`].map((text) => text.trim());
  return [...new Set(texts.flatMap((text) => [normalize(text), coreForm(readWords(text))]))].filter(
    (text) => text !== '',
  );
}

/** All spellings by which an option may be spoken of within a sentence. */
export function spokenForms({ option, words }: OptionForms): string[] {
  const aliases = bracketed(option);
  return [...new Set([plainForm(words), ...[words, turned(words) ?? words].map(coreForm), ...aliases])].filter(
    (form) => form !== '',
  );
}

/** Words that every option has: `Grade` of `Grade I`, `Grade II`. */
function commonWords(forms: readonly string[]): ReadonlySet<string> {
  const [first = '', ...rest] = forms;
  return new Set(
    first.split(' ').filter((word) => rest.length > 0 && rest.every((form) => form.split(' ').includes(word))),
  );
}

function without(form: string, common: ReadonlySet<string>): string {
  return form
    .split(' ')
    .filter((word) => !common.has(word))
    .join(' ');
}

/** The numbers of options that are all in one unit, written alike: `5` for `5 cm` where the others are in cm too. */
function withoutUnit(options: readonly string[]): string[] | null {
  const parts = options.map((option) => /^\s*([<>≤≥]?\s*[\d.,]+)\s*(\D+?)\s*$/.exec(option));
  const unit = parts[0]?.[2]?.toLowerCase();
  if (unit === undefined || parts.some((part) => part?.[2]?.toLowerCase() !== unit)) return null;
  return parts.map((part) => coreForm(readWords(part?.[1] ?? '')));
}
