/**
 * Numbers with what belongs to them as one word each: `1,5 cm` and `15 mm` are `#0.015m`, `less than 2 cm` is `#<0.02m`,
 * `2-5` is `#2..5`, `Grade III` is `grade #3`. A bound, a range and a product are never the value in them.
 */
import lexicon from '../lexicon/units.json' with { type: 'json' };
import { Phrases } from './phrases.js';
import { cutWords, spelled, type Word } from './word-list.js';

const units = new Map(
  Object.entries(lexicon.units).flatMap(([base, names]) =>
    Object.entries(names).map(([name, factor]) => [keyOf(name), { base, factor }] as const),
  ),
);
const before = new Phrases(lexicon.before);
const after = new Phrases(lexicon.after);
const to = new Set(lexicon.to.map(spelled));
const betweens = new Set(lexicon.between.map(spelled));
const ands = new Set(lexicon.and.map(spelled));
const ranks = new Set(lexicon.ranks.map(spelled));
const numberWords = new Map([
  ...lexicon.numbers.map((word, value) => [spelled(word), value] as const),
  ...Object.entries(lexicon.tens),
]);
/** `one can see` counts nothing. */
const afterPronoun = /^(?:of|can|could|may|might|would|should|sees|cannot|must)$/;

function keyOf(name: string): string {
  return cutWords(name)
    .map(({ text }) => text)
    .join('');
}

interface Value {
  value: string;
  /** First word after it. */
  end: number;
}

/** @param rankless Whether `III` alone is 3, as it is where options are grades. */
export function withQuantities(words: readonly Word[], prepared: string, rankless = false): Word[] {
  const out: Word[] = [];
  const gap = (i: number): string => prepared.slice(words[i - 1]?.end ?? 0, words[i]?.start ?? 0);
  for (let i = 0; i < words.length;) {
    const word = words[i] as Word;
    const rank = rankAt(words, i, out, rankless);
    const first: Value | null = rank ?? valueAt(words, i, gap);
    if (first === null) {
      out.push(word);
      i++;
      continue;
    }
    if (first.value.startsWith('?')) {
      // `3a`, `1.200`: a name, or a number that two countries read differently. It equals only itself.
      out.push({
        ...word,
        text: first.value.slice(1),
        raw: rawOf(words, i, first.end, prepared),
        end: endOf(words, first.end),
      });
      i = first.end;
      continue;
    }
    const { values, kind, end, unit } = seriesFrom(words, first, gap, {
      ranked: rankless || rank !== null,
      between: out.slice(-2).some(({ text }) => betweens.has(text)),
    });
    // `between 2 and 5 cm`, `from 2 to 5 cm`.
    if (kind === '..' && betweens.has(out.at(-1)?.text ?? '')) out.pop();
    const comparator = before.endingAt(out);
    const later = after.startingAt(words, end);
    const gone = comparator?.length ?? 0;
    const opened = gone === 0 ? word : (out[out.length - gone] ?? word);
    out.length -= gone;
    const sign = later?.name ?? comparator?.name ?? (/^than$/.test(out.at(-1)?.text ?? '') ? 'than' : '');
    const stop = end + (later?.length ?? 0);
    const { start, glued, boundary } = opened;
    const text = `#${sign}${values.map((value) => scaled(value, unit)).join(kind)}${unit?.base ?? ''}`;
    out.push({
      raw: prepared.slice(start, endOf(words, stop)),
      text,
      start,
      end: endOf(words, stop),
      glued: gone === 0 && glued,
      boundary,
    });
    i = stop;
  }
  return out;
}

const endOf = (words: readonly Word[], stop: number): number => words[stop - 1]?.end ?? 0;
const rawOf = (words: readonly Word[], start: number, stop: number, prepared: string): string =>
  prepared.slice(words[start]?.start, endOf(words, stop));

/** `Grade III`; `II` and `III` of `Grade II-III`. */
function rankAt(words: readonly Word[], i: number, out: readonly Word[], rankless: boolean): Value | null {
  const word = words[i] as Word;
  const match = /^([IVX]+)([A-Fa-f]?)$/.exec(word.raw) ?? /^([ivx]+)([a-f]?)$/.exec(word.raw);
  const [, roman = '', letter = ''] = match ?? [];
  const value = romanValue(roman);
  if (value === 0) return null;
  const ranked = ranks.has(out.at(-1)?.text ?? '') && word.boundary === 'none';
  if (!ranked && !(rankless && roman === roman.toUpperCase())) return null;
  return { value: letter === '' ? String(value) : `?${value}${letter.toLowerCase()}`, end: i + 1 };
}

function romanValue(roman: string): number {
  const values: Record<string, number> = { I: 1, V: 5, X: 10 };
  const numbers = Array.from(roman.toUpperCase(), (letter) => values[letter] ?? 0);
  return numbers.reduce((sum, value, i) => sum + (value < (numbers[i + 1] ?? 0) ? -value : value), 0);
}

function valueAt(words: readonly Word[], i: number, gap: Gap): Value | null {
  const word = words[i];
  if (word === undefined) return null;
  const spelledOut = numberWords.get(word.text);
  if (spelledOut !== undefined) {
    if (word.text === 'one' && afterPronoun.test(words[i + 1]?.text ?? '')) return null;
    return { value: String(spelledOut), end: i + 1 };
  }
  const negative = word.text === '-' && /^[\d.]/.test(words[i + 1]?.raw ?? '');
  const digits = negative ? words[i + 1] : word;
  if (digits === undefined || !/^\.?\d/.test(digits.raw)) return null;
  const end = negative ? i + 2 : i + 1;
  const parsed = parseNumber(digits.raw);
  if (parsed === null) return { value: `?${digits.raw}`, end };
  const next = words[end];
  const touching = next !== undefined && gap(end) === '';
  if (touching && /^[A-Fa-f]$/.test(next.raw)) return { value: `?${digits.raw}${next.text}`, end: end + 1 };
  if (touching && /^(?:st|nd|rd|th)$/.test(next.text)) return { value: `?${digits.raw}th`, end: end + 1 };
  const sign = negative ? -1 : 1;
  const [power, ten] = [words[end], words[end + 1]];
  if (power?.text === '^' && ten !== undefined) {
    const minus = ten.text === '-' ? 1 : 0;
    const exponent = Number(words[end + 1 + minus]?.raw) * (minus === 1 ? -1 : 1);
    if (Number.isFinite(exponent)) return { value: String(sign * parsed ** exponent), end: end + 2 + minus };
  }
  return { value: String(sign * parsed), end };
}

/** Null where `1.200` may be a thousand or a little more than one. */
function parseNumber(raw: string): number | null {
  if (/^[1-9]\d{0,2}\.\d{2}0$/.test(raw)) return null;
  if (/^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/.test(raw)) return Number(raw.replaceAll(',', ''));
  if (
    /^[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$/.test(raw) &&
    (raw.match(/\./g)?.length ?? 0) + (raw.includes(',') ? 1 : 0) > 1
  )
    return Number(raw.replaceAll('.', '').replace(',', '.'));
  return Number(raw.replace(/[\s'’](?=\d{3})/g, '').replace(',', '.'));
}

type Gap = (i: number) => string;

interface SeriesOptions {
  /** Roman numerals are numbers here. */
  ranked: boolean;
  /** `between 2 and 5`. */
  between: boolean;
}

interface Series {
  values: string[];
  /** What joins them: `..` a range, `x` a product, `/` and `:` a ratio. */
  kind: string;
  end: number;
  unit: { base: string; factor: number } | null;
}

function seriesFrom(words: readonly Word[], first: Value, gap: Gap, { ranked, between }: SeriesOptions): Series {
  const values = [first.value];
  let { unit, end } = unitAt(words, first.end, gap);
  let kind = '';
  for (;;) {
    const joint = jointAt(words, end, gap) ?? (between && kind === '' ? andAt(words, end) : null);
    if (joint === null || (kind !== '' && joint.kind !== kind)) break;
    const next = (ranked ? rankAt(words, joint.next, [], true) : null) ?? valueAt(words, joint.next, gap);
    if (next === null || next.value.startsWith('?')) break;
    const own = unitAt(words, next.end, gap);
    // `2 cm x 3 cm` shares its unit; `2 cm to 30 mm` is beyond what anybody writes as one answer.
    if (unit !== null && own.unit !== null && (unit.base !== own.unit.base || unit.factor !== own.unit.factor)) break;
    kind = joint.kind;
    values.push(next.value);
    unit = own.unit ?? unit;
    end = own.end;
  }
  return { values, kind, end, unit };
}

/** The `and` of `between 2 and 5`. */
function andAt(words: readonly Word[], i: number): { kind: string; next: number } | null {
  return ands.has(words[i]?.text ?? '') ? { kind: '..', next: i + 1 } : null;
}

function jointAt(words: readonly Word[], i: number, gap: Gap): { kind: string; next: number } | null {
  const word = words[i];
  if (word === undefined) return null;
  const text = gap(i);
  if (/^\s*[-–]\s*$/.test(text)) return { kind: '..', next: i };
  if (/^\s*\/\s*$/.test(text)) return { kind: '/', next: i };
  if (/^:$/.test(text)) return { kind: ':', next: i };
  const joined =
    to.has(word.text) &&
    word.raw === word.raw.toLowerCase() &&
    word.boundary === 'none' &&
    words[i + 1]?.boundary === 'none';
  if (word.text === '~' || joined) return { kind: '..', next: i + 1 };
  if (word.text === '×' || ((word.text === 'x' || word.text === 'by') && word.boundary === 'none'))
    return { kind: 'x', next: i + 1 };
  return null;
}

function unitAt(words: readonly Word[], i: number, gap: Gap): Pick<Series, 'unit' | 'end'> {
  // `2 x 5` is a product, `10 x` a magnification.
  const product = /^[x×]$/.test(words[i]?.text ?? '') && /^\.?\d/.test(words[i + 1]?.raw ?? '');
  for (let length = product ? 0 : 2; length > 0; length--) {
    const taken = words.slice(i, i + length);
    if (taken.length < length || taken.some(({ boundary }) => boundary !== 'none')) continue;
    const unit =
      units.get(taken.map(({ text }) => text).join('')) ??
      (length === 1 && gap(i) === '-' ? units.get(taken[0]?.text ?? '') : undefined);
    if (unit === undefined) continue;
    const per = words[i + length];
    if (per === undefined || gap(i + length) !== '/') return powered(words, i + length, unit);
    // `mg/dl`: rates are compared as they are written.
    return { unit: { base: `${taken.map(({ text }) => text).join('')}/${per.text}`, factor: 1 }, end: i + length + 1 };
  }
  return { unit: null, end: i };
}

function powered(
  words: readonly Word[],
  i: number,
  unit: { base: string; factor: number },
): Pick<Series, 'unit' | 'end'> {
  const exponent = Number(words[i + 1]?.raw);
  if (words[i]?.text !== '^' || !Number.isFinite(exponent)) return { unit, end: i };
  return { unit: { base: `${unit.base}^${exponent}`, factor: unit.factor ** exponent }, end: i + 2 };
}

/** In base units, without the noise of binary fractions. */
function scaled(value: string, unit: Series['unit']): string {
  return String(Number((Number(value) * (unit?.factor ?? 1)).toPrecision(12)));
}
