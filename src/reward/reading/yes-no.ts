/** Yes and no: as words of their own, and as what a finding that is absent says (`No fracture is seen`). One language at a time. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { asksForAbsence, findingIn, type Finding } from './absent-finding.js';
import { isLeftOpen } from './left-open.js';
import { readWords } from '../words/canonical-words.js';
import { Phrases } from '../words/phrases.js';
import { normalize } from '../words/normal-text.js';
import { spelled, type Mention, type Word } from '../words/word-list.js';

type Polarity = 'yes' | 'no';
type Language = keyof typeof lexicon.polarity;

const languages = Object.keys(lexicon.polarity) as Language[];
const sayings = new Map(languages.map((language) => [language, new Phrases(lexicon.polarity[language])] as const));
const foreign = new Phrases(lexicon.foreignPolarity);
const nothingMeant = new Phrases({ idiom: lexicon.notDenials, doubt: lexicon.refusals });
const connectives = new Set([...lexicon.or, ...lexicon.and].map(spelled));

/** `No is wrong` speaks of the answer. */
const verbs = /^(?:is|was|does|did|would|seems|can|could|might|may|cannot|isnt|ist|est)$/;

const normalized = (words: readonly string[]): ReadonlySet<string> => new Set(words.map(normalize));
const polarWords = languages.map((language) => ({
  language,
  yes: normalized(lexicon.polarity[language].yes),
  no: normalized(lexicon.polarity[language].no),
}));

interface Polar {
  language: Language;
  yes: string | undefined;
  no: string | undefined;
}

/** Which option is yes and which is no in one language; one of them may be missing, as beside `Yes, mild` and `Yes, severe`. */
function polarOptions(options: readonly string[]): Polar | null {
  const read = options.map((option) => ({ option, text: normalize(option) }));
  const among = (words: ReadonlySet<string>): string | undefined => read.find(({ text }) => words.has(text))?.option;
  const found = polarWords.map(({ language, yes, no }) => ({ language, yes: among(yes), no: among(no) }));
  const both = found.find(({ yes, no }) => yes !== undefined && no !== undefined);
  return both ?? found.find(({ yes, no }) => yes !== undefined || no !== undefined) ?? null;
}

/** `Present` and `Absent`, which a sentence about a finding names without saying so. */
function presenceOptions(options: readonly string[]): Pick<Polar, 'yes' | 'no'> {
  const find = (polarity: Polarity): string | undefined =>
    options.find((option) => lexicon.presencePolarity[polarity].some((word) => normalize(word) === normalize(option)));
  return { yes: find('yes'), no: find('no') };
}

/** Whether an option is nothing but yes or no in some language. */
export function isPolarity(option: string): boolean {
  const text = normalize(option);
  return polarWords.some(({ yes, no }) => yes.has(text) || no.has(text));
}

/** `yes` anywhere; `no` only where no noun follows it, since `no fracture` is a finding. */
export function polarityMentions(words: readonly Word[], options: readonly string[]): Mention[] {
  const polar = polarOptions(options);
  const phrases = polar === null ? undefined : sayings.get(polar.language);
  if (polar === null || phrases === undefined) return [];
  const mentions: Mention[] = [];
  for (let i = 0; i < words.length; i++) {
    const found = phrases.startingAt(words, i);
    if (found === null) continue;
    const next = words[i + found.length];
    const ends =
      next === undefined ||
      next.boundary !== 'none' ||
      next.glued ||
      connectives.has(next.text) ||
      verbs.test(next.text);
    const opens = words[i]?.boundary !== 'none' || i === 0;
    const own = polar.language === 'zh' ? opens && ends : (found.name === 'yes' && words[i]?.text !== 'si') || ends;
    const option = found.name === 'yes' ? polar.yes : polar.no;
    if (own && option !== undefined) mentions.push({ option, start: i, end: i + found.length, by: 'words' });
    i += found.length - 1;
  }
  const opening = mentions[0]?.start === 0 ? null : openingPolarity(words);
  const option = opening === null ? undefined : polar[opening.polarity];
  if (opening === null || option === undefined) return mentions;
  const own = mentions.filter(({ start }) => start >= opening.length);
  const others = words.flatMap((_, i): Mention[] => {
    const found = i < opening.length || own.some(({ start }) => start === i) ? null : foreign.startingAt(words, i);
    const other = found === null ? undefined : polar[found.name as Polarity];
    if (found === null || other === undefined || !closes(words, i + found.length)) return [];
    return [{ option: other, start: i, end: i + found.length, by: 'words' }];
  });
  return [{ option, start: 0, end: opening.length, by: 'words' }, ...own, ...others];
}

/** `Nein.`, `sí o no`: a word of its own, not one before a noun. */
function closes(words: readonly Word[], end: number): boolean {
  const next = words[end];
  return next === undefined || (next.boundary !== 'none' && !next.glued) || connectives.has(next.text);
}

/** `Ja, es liegt eine Fraktur vor` answers `Yes` and `No` too: the first word of a text, set off from the rest. */
function openingPolarity(words: readonly Word[]): { polarity: Polarity; length: number } | null {
  const found = foreign.startingAt(words, 0);
  if (found === null) return null;
  return closes(words, found.length) ? { polarity: found.name as Polarity, length: found.length } : null;
}

const beyondLetters = 5;
const shortWords: Readonly<Record<string, readonly string[]>> = lexicon.shortWords;

/** `y` and `n` alone, where no option has that letter. */
export function optionByInitial(text: string, options: readonly string[]): string | undefined {
  const [, letter = ''] = /^[^\p{L}\p{N}+-]*([A-Za-z]|[+-])[^\p{L}\p{N}+-]*$/u.exec(text) ?? [];
  const place = letter.toUpperCase().charCodeAt(0) - 65;
  if (letter === '' || (place >= 0 && place < options.length)) return undefined;
  const words = shortWords[letter.toLowerCase()] ?? [];
  const named = options.filter((option) => words.includes(normalize(option)));
  // `F` for Female, but not `E`, which may be the letter of an option that there is not.
  const begun =
    place < beyondLetters
      ? []
      : options.filter((option) => option.trim().toUpperCase().startsWith(letter.toUpperCase()));
  const found = named.length === 1 ? named : begun;
  return found.length === 1 && !/[?？]/.test(text) ? found[0] : undefined;
}

const nones = new Phrases({ none: lexicon.nones });

/** `0` for `None` and `There are no nodules`, where options are counts. */
export function noneOption(text: string, options: readonly string[], question: string): string | null {
  if (!options.every((option) => /^\s*\d+\s*$/.test(option))) return null;
  const words = readWords(text);
  if (isLeftOpen(words)) return null;
  const none = nones.startingAt(words, 0)?.length === words.length || findingIn(words, question) === 'no';
  return none ? (options.find((option) => Number(option) === 0) ?? null) : null;
}

const wholeSayings = new Phrases({ yes: lexicon.affirmations, no: lexicon.contradictions });
/** Of these, what may open a longer text; `Certainly!` opens any. */
const openingSayings = new Phrases({ yes: lexicon.openingAffirmations, no: lexicon.openingContradictions });

/**
 * Yes or no where a text says whether what was asked about is there. That it is absent may be said without the question; that
 * it is present answers only the question that names it.
 */
export function findingOption(words: readonly Word[], options: readonly string[], question: string): string | null {
  const polar = polarOptions(options) ?? presenceOptions(options);
  if (polar?.yes === undefined || polar.no === undefined || nothingMeant.within(words) || isLeftOpen(words))
    return null;
  const [whole, opening] = [wholeSayings.startingAt(words, 0), openingSayings.startingAt(words, 0)];
  if (whole?.length === words.length) return polar[whole.name as Finding] ?? null;
  // `Correct, there is a fracture` says it twice.
  const confirmed = opening !== null && closes(words, opening.length);
  const found = findingIn(confirmed ? words.slice(opening.length) : words, question);
  if (found === null || (confirmed && opening.name !== found)) return null;
  return polar[found] ?? null;
}

/** `Yes, no fracture is seen` where a fracture is asked for: its first word and its finding are two answers. */
export function contradictsFinding(
  words: readonly Word[],
  option: string,
  options: readonly string[],
  question: string,
): boolean {
  const polar = polarOptions(options);
  const found = polar === null ? null : sayings.get(polar.language)?.startingAt(words, 0);
  // What is asked for as absent, `clear` or `normal` is affirmed by an absence.
  if (found === null || found === undefined || question === '' || asksForAbsence(question)) return false;
  const rest = words.slice(found.length);
  // `No fracture is seen` is one statement.
  if (rest.length === 0 || rest[0]?.boundary === 'none') return false;
  const next = rest.findIndex(({ boundary }, i) => i > 0 && boundary === 'sentence');
  const finding = findingOption(next === -1 ? rest : rest.slice(0, next), options, question);
  return finding !== null && finding !== option;
}
