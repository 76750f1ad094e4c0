/** Options of a call, checked when it is made: a script in plain JavaScript has no compiler that knows them. */
import { nearest } from '../../config/nearest-word.js';
import { ConfigError } from '../../errors.js';
import { isObject } from '../../json-text.js';

/** What an option is, in words, and whether a value is that. */
const kinds = {
  text: ['a text', (value) => typeof value === 'string' && value !== ''],
  texts: ['a list of texts', (value) => Array.isArray(value) && value.every((one) => typeof one === 'string')],
  flag: ['true or false', (value) => typeof value === 'boolean'],
  callback: ['a function', (value) => typeof value === 'function'],
  milliseconds: ['a number of milliseconds, 0 or more', (value) => typeof value === 'number' && value >= 0],
  signal: ['an AbortSignal', (value) => isObject(value) && typeof value['addEventListener'] === 'function'],
  object: ['an object', (value) => isObject(value)],
  'text or object': ['a text or an object', (value) => typeof value === 'string' || isObject(value)],
} as const satisfies Record<string, readonly [string, (value: unknown) => boolean]>;

/** What each option of `Options` is; complete, or it does not compile. */
export type OptionKinds<Options> = Readonly<Record<keyof Options & string, keyof typeof kinds>>;

/**
 * @param call As a person wrote it: `openEngine`, `the sft job`.
 * @param needed Of the options, those that may not be left out.
 * @throws ConfigError `call-options` that names all that are wrong, misspelt ones with the nearest.
 */
export function checkOptions<Options>(
  call: string,
  given: unknown,
  known: OptionKinds<Options>,
  needed: readonly (keyof Options & string)[] = [],
): void {
  if (given === undefined && needed.length === 0) return;
  if (!isObject(given)) throw wrongCall(call, [`expected an object of options`]);
  const names = Object.keys(known);
  const problems = Object.entries(given).flatMap(([name, value]): string[] => {
    if (!Object.hasOwn(known, name)) {
      const meant = nearest(name, names);
      return [
        `${name}: unknown option; ${meant === null ? `known here: ${names.join(', ')}` : `did you mean ${meant}?`}`,
      ];
    }
    const [words, is] = kinds[known[name as keyof Options & string]];
    return value === undefined || is(value) ? [] : [`${name}: expected ${words}, found ${shown(value)}`];
  });
  const missing = needed.filter((name) => given[name] === undefined).map((name) => `${name}: missing`);
  if (problems.length + missing.length > 0) throw wrongCall(call, [...problems, ...missing]);
}

const shown = (value: unknown): string =>
  isObject(value) || typeof value === 'function' ? `a value of type ${typeof value}` : JSON.stringify(value);

/** @param problems One line each. */
export const wrongCall = (call: string, problems: readonly string[]): ConfigError =>
  new ConfigError('call-options', problemsOf(call, problems), {
    remedy: 'Mend the call: types and TSDoc say what it takes.',
  });

export const problemsOf = (call: string, problems: readonly string[]): string =>
  [`${call} cannot be started as it was called:`, ...problems.map((line) => `  ${line}`)].join('\n');
