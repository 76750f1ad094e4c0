/**
 * Which option a piece of text names outright: by its words, by its letter, or by both when they agree.
 * Whatever could mean two options, or contradicts itself, names none.
 */
import { comparable, normalize } from './text.js';

/** `A` for the first option. */
export function optionLetter(index: number): string {
  return String.fromCharCode(65 + index);
}

/** An option that one spelling names. Only the option's own words count, not its letter. */
export function optionByText(text: string, options: readonly string[]): string | null {
  const trimmed = text.trim();
  if (options.includes(trimmed)) return trimmed;
  const exact = normalize(text);
  if (exact === '') return null;
  return (
    only(options.filter((option) => normalize(option) === exact)) ??
    only(options.filter((option) => comparable(option) === comparable(text))) ??
    only(options.filter((option) => aliases(option, options).includes(exact)))
  );
}

/**
 * Other spellings of an option that carries its abbreviation in brackets: `Computed Tomography (CT) scan` is also `CT`,
 * `CT scan`, `computed tomography`, `computed tomography scan`. Spellings that fit another option too are left out.
 */
export function aliases(option: string, options: readonly string[]): string[] {
  const own = spellings(option);
  if (own.length === 0) return own;
  const others = new Set(options.flatMap((other) => (other === option ? [] : [normalize(other), ...spellings(other)])));
  return own.filter((alias) => !others.has(alias));
}

function spellings(option: string): string[] {
  const match = /^(.*?)\s*\(([A-Z][A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*)\)\s*(.*)$/.exec(option.trim());
  if (match === null) return [];
  const [, head = '', short = '', tail = ''] = match;
  const texts = [head, short, `${head} ${tail}`, `${short} ${tail}`].map((text) => normalize(text));
  return [...new Set(texts)].filter((text) => text !== '');
}

export interface LetterReading {
  option: string;
  /** What follows the letter, where anything does. */
  rest: string;
}

const wrapped = /^\s*(?:\\(?:boxed|text|textbf)|[*_#$`"'{[<\s])*(?:option|choice|letter|answer)?\s*/i;
/** Words that can follow a bare letter in a sentence without making it the article `A`. */
const afterLetter = /^\s+(?:because|since|as|due|given|which|based|is|would|seems|and|or|not|rather)\b/i;

/**
 * Reads `B`, `(b)`, `B.`, `B) text`, `**B**`, `Option B: text`, `\boxed{B}`, `B because ...`.
 * A letter without a mark after it counts only where it cannot be the article of a phrase.
 */
export function readLetter(text: string, options: readonly string[]): LetterReading | null {
  const body = text.normalize('NFKC').replace(wrapped, '');
  const match = /^(\()?\s*([A-Za-z])(?![\p{L}\p{N}'’])\s*([)\]}.:,;*_$`"'>}-]*)/u.exec(body);
  if (match === null) return null;
  const [head, open, letter = '', marks = ''] = match;
  const option = options[letter.toUpperCase().charCodeAt(0) - 65];
  if (option === undefined) return null;
  const rest = body.slice(head.length).trim();
  const set = open !== undefined || marks !== '' || rest === '' || body.slice(head.trimEnd().length).startsWith('\n');
  // `B-cell lymphoma` and `T-score` begin with a letter that belongs to the word.
  if (marks.startsWith('-') && !/^\s*[A-Za-z]\s+-/.test(body)) return null;
  // `E. coli` is a name: after a full stop in running text a sentence begins.
  if (marks.startsWith('.') && /^\p{Ll}/u.test(rest) && !normalize(rest).startsWith(normalize(option))) return null;
  if (set) return { option, rest };
  const bare = letter === letter.toUpperCase() && afterLetter.test(body.slice(1));
  return bare || normalize(rest) === normalize(option) ? { option, rest } : null;
}

function only<T>(items: readonly T[]): T | null {
  return items.length === 1 ? (items[0] as T) : null;
}
