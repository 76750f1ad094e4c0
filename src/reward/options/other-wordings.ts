/**
 * Other ways to read a text that names no option as it stands: bare numbers in the unit that is asked for, a fraction as a
 * percentage, a value within one of several ranges, a category without its noun, a narrower word for what an option calls
 * (`MRCP` for MRI, `renal` for kidney). Each is tried only where the stricter ones found nothing.
 */
import wordings from '../lexicon/wordings.json' with { type: 'json' };
import units from '../lexicon/units.json' with { type: 'json' };
import { readWords } from '../words/canonical-words.js';
import { prepare } from '../words/word-list.js';
import { optionsInUnitOf } from './unit-asked.js';

export interface Wording {
  options: readonly string[];
  text: string;
}

export function otherWordings(text: string, options: readonly string[], question: string): Wording[] {
  const measured = optionsInUnitOf(question, options);
  return [
    measured === null ? null : { options: measured, text },
    inRanges(text, options, question),
    asPercentage(text, options),
    inCategories(text, options),
    inBroaderWords(text, options),
  ].filter((one) => one !== null);
}

/** `LVEF = 0.35` where options are percentages. */
function asPercentage(text: string, options: readonly string[]): Wording | null {
  if (!options.every((option) => /^\s*[\d.,]+\s*%\s*$/.test(option))) return null;
  const [fraction, ...more] = [...text.matchAll(/(?<![\d.,])0?[.,]\d+(?![\d.,]|\s*[%\p{L}])/gu)];
  if (fraction === undefined || more.length > 0 || /%/.test(text)) return null;
  const percent = Number((Number(fraction[0].replace(',', '.')) * 100).toPrecision(12));
  return { options, text: text.replace(fraction[0], `${percent}%`) };
}

const roman = /^[IVX]+([A-F]?)$/;
const ranks = units.ranks.join('|');

/** `Bosniak 2F`, `category 4B`, where options are `IIF` or `BI-RADS 4`. */
function inCategories(text: string, options: readonly string[]): Wording | null {
  const values = options.map((option) => /(?:^|[\s-])([IVX]+[A-F]?|\d{1,2}[A-F]?)\s*$/i.exec(option.trim())?.[1] ?? '');
  const heads = options.map((option, i) =>
    option
      .trim()
      .slice(0, option.trim().length - (values[i]?.length ?? 0))
      .trim(),
  );
  if (
    values.includes('') ||
    new Set(heads).size > 1 ||
    (heads[0] === '' && !values.every((value) => roman.test(value)))
  )
    return null;
  const nouns = [ranks, 'bosniak', 'category', 'categories', heads[0] ?? ''].filter((noun) => noun !== '').join('|');
  const alone = /^\W*(?:\d{1,2}|[IVXivx]+)[A-Fa-f]?\W*$/.test(text);
  const found = [
    ...text.matchAll(
      new RegExp(
        `(?:${nouns.replace(/[-\s]/g, '[-\\s]?')})[\\s:-]*([IVX]+|\\d{1,2})([A-Fa-f]?)(?![\\p{L}\\p{N}])`,
        'giu',
      ),
    ),
  ];
  const numbers = alone ? (text.match(/\d{1,2}|[IVX]+/gi) ?? []) : [];
  if (numbers.length === 1 && heads[0] === '')
    return { options: values.map((value) => `grade ${value}`), text: `grade ${text.replace(/\W/g, '').toUpperCase()}` };
  // `Grade II-III` is more than its first.
  if (
    found.length !== 1 ||
    (text.match(/(?<![\p{L}\p{N}])(?:[IVX]+|\d+)[A-Fa-f]?(?![\p{L}\p{N}])/gu)?.length ?? 0) !== 1
  )
    return null;
  const [[said, number = '', letter = ''] = ['']] = found;
  return { options: values.map((value) => `grade ${value}`), text: text.replace(said, `grade ${number}${letter}`) };
}

const broader = new Map(Object.entries(wordings.broader));
const anyWord = /\p{L}[\p{L}\p{N}-]*/gu;

function inBroaderWords(text: string, options: readonly string[]): Wording | null {
  const broadened = (one: string): string => one.replace(anyWord, (found) => broader.get(found.toLowerCase()) ?? found);
  const said = broadened(text);
  return said === text ? null : { options: options.map(broadened), text: said };
}

interface Range {
  from: number;
  to: number;
  unit: string;
}

/**
 * The text with its only quantity as the one range that holds it, where all options are ranges in one unit that do not overlap.
 * @param question Which may ask for an age, that options give without their unit.
 */
function inRanges(text: string, options: readonly string[], question: string): Wording | null {
  const ranges = options.map(rangeOf);
  const [unit] = new Set(ranges.map((range) => range?.unit));
  if (unit === undefined || ranges.some((range) => range?.unit !== unit)) return null;
  const values = readWords(text).filter(({ text: said }) => said.startsWith('#'));
  const [said] = values;
  const [, number, own] = /^#(-?[\d.]+)([^\d.]*)$/.exec(said?.text ?? '') ?? [];
  const years =
    unit === '' && own === 'month' && /\bage\b|\bold\b|\balter\b|\bâge\b|\bedad\b|\bidade\b/iu.test(question);
  if (values.length !== 1 || number === undefined || !(own === unit || years)) return null;
  const value = years ? Number(number) / 12 : Number(number);
  const holding = options.filter((_, i) => {
    const { from, to } = ranges[i] as Range;
    return value >= from && value <= to;
  });
  const bounds = new Set(ranges.flatMap((range) => (range === null ? [] : [range.from, range.to])));
  // A value on a bound belongs where the bound is said to.
  const edge = bounds.has(value) && !options.some((option) => /[≤≥]|[<>]=/.test(option));
  const [holder] = holding;
  if (holder === undefined || holding.length > 1 || edge) return null;
  const prepared = prepare(text);
  return { options, text: `${prepared.slice(0, said?.start)}${holder} ${prepared.slice(said?.end).replace(/^-/, '')}` };
}

function rangeOf(option: string): Range | null {
  const [word, ...more] = readWords(option);
  if (word === undefined || more.length > 0) return null;
  const bounds = /^#(-?[\d.]+?)\.\.(-?[\d.]+)([^\d.]*)$/.exec(word.text);
  if (bounds !== null) return { from: Number(bounds[1]), to: Number(bounds[2]), unit: bounds[3] ?? '' };
  const [, sign = '', number = '', unit = ''] = /^#([<>≤≥])(-?[\d.]+)([^\d.]*)$/.exec(word.text) ?? [];
  if (sign === '') return null;
  const tiny = sign === '<' || sign === '>' ? 1e-9 : 0;
  return /[<≤]/.test(sign)
    ? { from: -Infinity, to: Number(number) - tiny, unit }
    : { from: Number(number) + tiny, to: Infinity, unit };
}
