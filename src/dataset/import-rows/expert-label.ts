/**
 * What an expert's label names: one option, by its letter or as tables write yes and no; in all else by the reader of answers.
 * Strict: a label that says more or other than one option is no label, and nothing is guessed.
 */
import { isDisputed } from '../../reward/options/answer-options.js';
import { readLabel } from '../../reward/reading/read-label.js';
import { normalize } from '../../reward/words/normal-text.js';
import { parseListText } from './list-text.js';
import type { Places } from './row-options.js';

/** The words of the one right answer, or why there is none; null where there is no answer at all. */
export type LabelText = string | { problem: string } | null;

/** A field's value as text; several are a problem. */
export function labelText(value: unknown): LabelText {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') {
    const text = value.trim();
    const list = /^[[(]/.test(text) ? parseListText(text) : null;
    return Array.isArray(list) ? labelText(list) : text === '' ? null : text;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    const filled = value.filter((item) => item !== null && item !== undefined && item !== '');
    if (filled.length > 1) return { problem: `has ${filled.length} answers, and a sample has one` };
    return labelText(filled[0]);
  }
  return { problem: 'has an answer that is no text' };
}

/** @returns The option, or null where the label names none or could name several. */
export function labelledOption(label: string, places: Places): string | null {
  const options = places.filter((place) => place !== null);
  const same = options.filter((option) => normalize(option) === normalize(label) && normalize(label) !== '');
  if (same.length === 1) return same[0] ?? null;
  const exact = options.find((option) => option.trim() === label.trim());
  if (exact !== undefined) return exact;
  // `T` and `F` of two options are no letters of places.
  const said = byYesOrNo(label, options);
  if (said !== null) return said;
  const lettered = byLetter(label, places);
  if (lettered !== undefined) return lettered;
  // Places without an option keep the letters of the others.
  const read = readLabel(
    label,
    places.map((place) => place ?? ''),
  );
  return 'answer' in read && read.answer !== '' ? read.answer : null;
}

/** The place whose text begins with the label as its number or letter, as `2) heart` does with `2`; -1 where none does. */
export function placeWritten(label: string, written: Places): number {
  const name = /^\(?(\d{1,2}|[A-Z])[.):]?$/i.exec(label.trim())?.[1]?.toUpperCase();
  const found = written.flatMap((text, place) =>
    name !== undefined && writtenName.exec(text ?? '')?.[1]?.toUpperCase() === name ? [place] : [],
  );
  return found.length === 1 ? (found[0] ?? -1) : -1;
}

const writtenName = /^\(?(\d{1,2}|[A-Z])\s*[.):]\s*\S/i;

const letterAlone = /^(?:(?:the )?(?:correct |right )?(?:answer|option|choice)(?: is)?:?\s*)?\(?([A-Z])\)?[.):]?$/i;
const letterAndText = /^\(?([A-Z])(?:\)|\s*[.:)]|\s+[-–])\s*(\S[\s\S]*)$/i;

/** Undefined where the label has no letter; null where its letter means nothing here. */
function byLetter(label: string, places: Places): string | null | undefined {
  const alone = letterAlone.exec(label)?.[1];
  if (alone !== undefined)
    return isDisputed(
      alone.toUpperCase(),
      places.map((place) => place ?? ''),
    )
      ? null
      : (places[placeOf(alone)] ?? null);
  const [, letter, text = ''] = letterAndText.exec(label) ?? [];
  if (letter === undefined) return undefined;
  const option = places[placeOf(letter)] ?? null;
  // A letter whose text is another's contradicts itself.
  return option !== null && normalize(option) === normalize(text) ? option : null;
}

const placeOf = (letter: string): number => (letter.toUpperCase().codePointAt(0) ?? 0) - 65;

const affirming = new Set(['yes', 'true', 'positive', 'present', 't', 'y', '1']);
const denying = new Set(['no', 'false', 'negative', 'absent', 'f', 'n', '0']);

/** What a word says where two options are yes and no, in whichever words; null for other words. */
export function truthOf(label: string): boolean | null {
  const word = normalize(label);
  return affirming.has(word) ? true : denying.has(word) ? false : null;
}

/** Whether options are yes and no, and nothing else. */
export function areYesAndNo(options: Places): boolean {
  const truths = new Set(options.map((option) => truthOf(option ?? '')));
  return options.length === 2 && truths.has(true) && truths.has(false);
}

/** The option that says what a label says, of yes and no. */
export function byYesOrNo(label: string, options: Places): string | null {
  const said = truthOf(label);
  if (said === null || !areYesAndNo(options)) return null;
  return options.find((option) => truthOf(option ?? '') === said) ?? null;
}
