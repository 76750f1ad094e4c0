/** Options that are bare numbers, with the unit that their question asks for: `3,5` to `How many mm …?` is `3,5 mm`. */
import lexicon from '../lexicon/units.json' with { type: 'json' };
import { spelled } from '../words/word-list.js';

const names = Object.values(lexicon.units)
  .flatMap((units) => Object.keys(units))
  .filter((name) => /^[a-z%]/i.test(name))
  .toSorted((a, b) => b.length - a.length);
/** `in mm`, `(cm)`, `how many months`; not the `5 mm` of a slice's thickness. */
const asked = new RegExp(
  `(?:\\b(?:in|of|how many|number of)\\s+|\\(\\s*(?:in\\s+)?)(${names.join('|')})(?![\\p{L}\\p{N}/^])`,
  'giu',
);

/** `Millimetres` as the table has them. */
const spelledWords = (text: string): string => text.replace(/\p{L}+/gu, spelled);

/** Null where options have units of their own, or the question asks for none or for several. */
export function optionsInUnitOf(question: string, options: readonly string[]): string[] | null {
  if (!options.every((option) => /^\s*-?[\d.,]+\s*$/.test(option))) return null;
  const units = new Set([...spelledWords(question).matchAll(asked)].map(([, unit = '']) => unit.toLowerCase()));
  const [unit] = units;
  return unit === undefined || units.size > 1 ? null : options.map((option) => `${option.trim()} ${unit}`);
}
