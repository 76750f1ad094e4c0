/**
 * Options in the forms that tables have them: JSON and Python lists, objects by letter, one a line, `a|b`, `a; b`, `A) x B) y`, or
 * a column each. An empty place stays an empty place until the answer is read: letters count places. None is left out unsaid.
 */
import { letteredOptions } from '../sources/omnimedvqa-names.js';
import { parseListText } from './list-text.js';

/** In their places; null where a place is empty. */
export type Places = (string | null)[];

/** Where a value is no list of options. */
export class NoOptions extends Error {}

/** @throws NoOptions with what is wrong, as it follows "options". */
export function optionsOf(value: unknown): Places {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return trimmed(value.map(itemOf));
  if (typeof value === 'object') return trimmed(byKey(value));
  if (typeof value !== 'string') throw new NoOptions('are no list');
  const text = value.trim();
  if (text === '') return [];
  if (/^[[({]/.test(text)) {
    const list = parseListText(text);
    if (list !== null) return optionsOf(list);
  }
  const lettered = letteredOptions(text);
  if (lettered?.start === 0) return lettered.options;
  for (const separator of [/\r?\n|<br\s*\/?>/i, /\s*\|+\s*/, /\s*;\s*/]) {
    const parts = text.split(separator).map((part) => part.trim() || null);
    if (parts.length > 1) return trimmed(parts);
  }
  throw new NoOptions('are no list: write ["a", "b"], a|b or a; b');
}

/** Texts of columns, a place each. */
export function optionsInColumns(values: readonly unknown[]): Places {
  return trimmed(values.map(itemOf));
}

/** `A. Cyst`, `B. None` as `Cyst`, `None`, where all have the letter or number of their place. */
export function withoutLetters(places: Places): Places {
  for (const name of [letterAt, numberAt]) {
    const bare = places.map((place, index) => (place === null ? null : withoutName(place, name(index))));
    if (places.length > 1 && places.every((place, index) => place === null || bare[index] !== null)) return bare;
  }
  return places;
}

const letterAt = (index: number): string => String.fromCodePoint(65 + index);
const numberAt = (index: number): string => String(index + 1);

/** Null where it does not begin so, or nothing else is left. */
function withoutName(text: string, name: string): string | null {
  const rest = new RegExp(String.raw`^(?:\(${name}\)|${name}\s*[.):]|${name}\s+[-–]\s)\s*(\S[\s\S]*)$`, 'i').exec(
    text,
  )?.[1];
  return rest?.trim() ?? null;
}

/** What a list may hold for one option: its text, or an object with a letter and a text. */
function itemOf(item: unknown): string | null {
  if (typeof item === 'string') return item.trim() || null;
  if (typeof item === 'number' || typeof item === 'boolean') return String(item);
  if (item === null || item === undefined) return null;
  if (typeof item === 'object' && !Array.isArray(item)) {
    const fields = item as Record<string, unknown>;
    const named = ['text', 'value', 'content', 'option', 'label', 'answer'].find(
      (name) => typeof fields[name] === 'string',
    );
    if (named !== undefined) return itemOf(fields[named]);
  }
  throw new NoOptions('hold something that is no text');
}

/** `{ "A": …, "B": … }` or `{ "0": …, "1": … }`, in the order of their keys. */
function byKey(value: object): Places {
  const entries = Object.entries(value);
  const keys = entries
    .map(([key]) =>
      key
        .trim()
        .toUpperCase()
        .replace(/^OPTION[_ ]?/, ''),
    )
    .toSorted();
  const first = keys[0] ?? 'A';
  const expected = keys.map((_, index) => (first === 'A' ? letterAt(index) : String(index + Number(first))));
  const sorted = first === 'A' ? keys : keys.toSorted((a, b) => Number(a) - Number(b));
  if (entries.length === 0 || sorted.some((key, index) => key !== expected[index]))
    throw new NoOptions(`are an object whose keys are not A, B, …: ${entries.map(([key]) => key).join(', ')}`);
  return sorted.map((key) => {
    const entry = entries.find(
      ([name]) =>
        name
          .trim()
          .toUpperCase()
          .replace(/^OPTION[_ ]?/, '') === key,
    );
    return itemOf(entry?.[1]);
  });
}

/** Empty places at the end are columns that a row does not need. */
function trimmed(places: Places): Places {
  return places.slice(0, places.findLastIndex((place) => place !== null) + 1);
}
