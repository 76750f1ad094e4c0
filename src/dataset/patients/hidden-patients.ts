/**
 * Patients as a table or a path writes them, kept out of all that is written and said: ids of samples, names of files, reasons.
 * Where one would stand, its pseudonym does.
 */
import type { PseudonymKey } from './pseudonym-key.js';
import type { Rejection } from '../folders/dataset-folder.js';

export interface HiddenPatients {
  /** The text with pseudonyms in place of patients. */
  in: (text: string) => string;
  /** Whether it names one. */
  named: (text: string) => boolean;
  rejection: (rejected: Rejection) => Rejection;
}

/** A number of two digits, or a letter, names nobody: it stands in every name of a file. */
const telling = (patient: string): boolean => patient.length > 2 && !/^\d{1,3}$/.test(patient);

/** Long enough, or of several words, that it is no other word or number of a question. */
export const unmistakable = (patient: string): boolean =>
  /^\d+$/.test(patient.trim())
    ? patient.trim().length >= 6
    : (/\d/.test(patient) && patient.trim().length >= 4) || /\p{L}{2}[\s,^_]+\p{L}{2}/u.test(patient);

const edge = String.raw`[\p{L}\p{N}]`;

/**
 * @param names `parts` also hides a family name or a first name that stands alone: in names of files and in reasons, where one
 * too many does no harm. In a question it may be a word, as in `a Müller cell`.
 */
export function hiddenPatients(
  patients: Iterable<string | null>,
  key: PseudonymKey | null,
  names: 'whole' | 'parts' = 'whole',
): HiddenPatients {
  const known = new Map<string, string>();
  for (const patient of patients) {
    if (patient === null || key === null || !telling(patient.trim())) continue;
    for (const form of formsOf(patient.trim())) known.set(form.toLowerCase(), patient);
    if (names === 'parts') for (const part of partsOf(patient)) known.set(part.toLowerCase(), patient);
  }
  // Whole words alone, found piece by piece: an expression of ten thousand patients would take minutes.
  let longest = 0;
  const beginnings = new Set<string>();
  for (const form of known.keys()) {
    const words = form.split(/[^\p{L}\p{N}]+/u);
    longest = Math.max(longest, words.length);
    beginnings.add(words[0] ?? '');
  }
  const word = new RegExp(`${edge}+`, 'gu');
  const hide = (text: string): string => {
    if (known.size === 0) return text;
    const words = [...text.matchAll(word)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
    let result = '';
    let done = 0;
    const longestFrom = (first: number): { last: number; patient: string } | null => {
      const { from = 0, to: end = 0 } = words[first] ?? {};
      if (!beginnings.has(text.slice(from, end).toLowerCase())) return null;
      for (let last = Math.min(words.length, first + longest) - 1; last >= first; last--) {
        const patient = known.get(text.slice(from, words[last]?.to).toLowerCase());
        if (patient !== undefined) return { last, patient };
      }
      return null;
    };
    for (let first = 0; first < words.length; first++) {
      const found = longestFrom(first);
      if (found === null) continue;
      let { last } = found;
      // `Mrs Doe` may be the beginning of `Mrs Doe, Jo`.
      for (let within = first + 1; within <= last; within++) last = Math.max(last, longestFrom(within)?.last ?? last);
      result += text.slice(done, words[first]?.from) + (key?.pseudonym(found.patient) ?? '');
      done = words[last]?.to ?? done;
      first = last;
    }
    return result + text.slice(done);
  };
  return {
    in: hide,
    named: (text) => hide(text) !== text,
    rejection: (rejected) => ({ ...rejected, file: hide(rejected.file), reason: hide(rejected.reason) }),
  };
}

/** As it is written, and as names of files write it: without signs at its ends, with other signs between its words. */
function formsOf(patient: string): string[] {
  const bare = patient.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  const words = bare.split(/[^\p{L}\p{N}]+/u);
  const joined = (order: readonly string[]): string[] => signs.map((sign) => order.join(sign));
  return [
    bare,
    ...joined(words),
    ...(isName(words) ? [...turns(words).flatMap(joined), ...addressed(words)] : []),
  ].filter(telling);
}

const signs = ['_', '-', ' ', '^', '.', ', ', ',', '. '] as const;

/** Letters of a part of a name that is told by itself. */
const shortestPart = 4;

function partsOf(patient: string): string[] {
  const words = patient.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  return isName(words) ? words.filter((word) => word.length >= shortestPart) : [];
}

/** `Doe, Jane`: two to four words of letters alone. */
const isName = (words: readonly string[]): boolean =>
  words.length > 1 && words.length <= 4 && words.every((word) => /^\p{L}+$/u.test(word));

/** `Jane Doe` for `Doe^Jane`, `Jane Ann Doe` for `Doe, Jane Ann`, and the other way round. */
const turns = (words: readonly string[]): string[][] => [
  [...words.slice(1), ...words.slice(0, 1)],
  [...words.slice(-1), ...words.slice(0, -1)],
];

const titles = [
  'Herr',
  'Herrn',
  'Frau',
  'Mr',
  'Mrs',
  'Ms',
  'Miss',
  'Madame',
  'Monsieur',
  'Señor',
  'Señora',
  'Sig',
  'Signora',
];

/** `Mrs Doe`, `Mr. Doe`. */
const addressed = (words: readonly string[]): string[] =>
  [words[0] ?? '', words.at(-1) ?? ''].flatMap((name) =>
    titles.flatMap((title) => [`${title} ${name}`, `${title}. ${name}`]),
  );
