/**
 * What an expert's label names: one option, by its words, its letter, its number, or yes and no as tables write them. Strict: a
 * label that says more or other than one option is no label, and nothing is guessed.
 */
import { normalize } from '../../reward/text.js';
import { parseListText } from './list-text.js';
import type { Places } from './options.js';

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
  return lettered === undefined ? byNumber(label, options) : lettered;
}

const letterAlone = /^(?:(?:the )?(?:correct |right )?(?:answer|option|choice)(?: is)?:?\s*)?\(?([A-Z])\)?[.):]?$/i;
const letterAndText = /^\(?([A-Z])(?:\)|\s*[.:)]|\s+[-–])\s*(\S[\s\S]*)$/i;

/** Undefined where the label has no letter; null where its letter means nothing here. */
function byLetter(label: string, places: Places): string | null | undefined {
  const alone = letterAlone.exec(label)?.[1];
  if (alone !== undefined) return places[placeOf(alone)] ?? null;
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

/** `1,5 cm` for `1.5 cm`, `10,000` for `10000`: where exactly one option is the same number in the same unit. */
function byNumber(label: string, options: readonly string[]): string | null {
  const said = readingsOf(label);
  const same = options.filter((option) => readingsOf(option).some((reading) => said.includes(reading)));
  return same.length === 1 ? (same[0] ?? null) : null;
}

/** A text that is one number and perhaps a unit, in each way that its separators can be meant. */
function readingsOf(text: string): string[] {
  const [, number = '', unit = ''] = /^([-+]?\d[\d.,' \u00a0\u202f]*?)\s*(%|[a-zµ°²³/]+)?$/i.exec(text.trim()) ?? [];
  if (number === '') return [];
  const plain = number.replaceAll(/[' \u00a0\u202f]/g, '');
  const readings = new Set<number>();
  if (/^[-+]?\d+(?:\.\d+)?$/.test(plain)) readings.add(Number(plain));
  if (/^[-+]?\d+,\d+$/.test(plain)) readings.add(Number(plain.replace(',', '.')));
  if (/^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(plain)) readings.add(Number(plain.replaceAll(',', '')));
  if (/^[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/.test(plain))
    readings.add(Number(plain.replaceAll('.', '').replace(',', '.')));
  return [...readings].map((reading) => `${reading} ${unit.toLowerCase()}`);
}
