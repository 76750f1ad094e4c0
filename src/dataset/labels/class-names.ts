/** Names of classes as people say them: `02_basal_cell_carcinoma` as `basal cell carcinoma`, and what a person calls them. */
import { ConfigError, DataError } from '../../errors.js';
import { inflect } from '../../grading/inflection.js';
import { specialTokens } from '../../prompts/special-tokens.js';
import { comparable, normalize } from '../../reward/words/normal-text.js';
import type { LabelKind } from './label-set.js';
import { templates } from '../drafts/question-templates.js';

export interface ClassName {
  /** As the labels write it. */
  key: string;
  /** In a sentence. */
  one: string;
  many: string;
  /** It means that nothing is wrong. */
  healthy: boolean;
}

/** Class as the labels write it -> its name, or `one/several`. */
export type GivenNames = Readonly<Record<string, string>>;

/** Reads `RBC=red blood cell` and `bacterium=bacterium/bacteria`. */
export function parseClassNames(pairs: readonly string[]): GivenNames {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf('=');
      const [key, words] = [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()];
      if (key !== '' && words !== '') return [key, words];
      throw new ConfigError('class-name', `--name ${pair} is not class=words`, {
        remedy: 'Write --name "RBC=red blood cell", or with its plural --name "bacterium=bacterium/bacteria".',
      });
    }),
  );
}

/**
 * @param kinds Every class with what it is a name of.
 * @throws ConfigError where a given name is of no class, DataError where names could not be answers.
 */
export function classNames(kinds: ReadonlyMap<string, LabelKind>, given: GivenNames = {}): Map<string, ClassName> {
  const unknown = Object.keys(given).find((key) => !kinds.has(key));
  if (unknown !== undefined)
    throw new ConfigError('class-unknown', `--name ${unknown}=…: there is no class ${unknown}`, {
      remedy: `The classes are ${listed([...kinds.keys()])}.`,
    });
  const names = new Map([...kinds].map(([key, kind]) => [key, nameOf(key, kind, given[key])]));
  const bare = [...names.values()].filter(
    ({ key, one }) => (kinds.get(key) !== 'grade' && number.test(one)) || verdict.test(one),
  );
  if (bare.length > 0)
    throw new DataError(
      'classes-unnamed',
      `classes are called ${listed(bare.map(({ key }) => key))}: what they are, nobody can see in an image`,
      { remedy: `Say what they are: --name ${bare[0]?.key}=WORDS for each; or --kind grade where numbers are grades.` },
    );
  refuseTwins([...names.values()]);
  return names;
}

const number = /^[\d\s.,-]+$/;
/** Of a finding that the name does not tell. */
const verdict = /^(?:yes|no|true|false|pos(?:itive)?|neg(?:ative)?)$/i;

function nameOf(key: string, kind: LabelKind, given: string | undefined): ClassName {
  const [said = '', several] = (given ?? '').split('/').map((part) => part.trim());
  const plain = said === '' ? inWords(key) : said;
  const token = specialTokens(plain)[0];
  if (token !== undefined || plain === '')
    throw new DataError(
      'class-name',
      `the class "${key}" ${token === undefined ? 'has no words' : `has ${token} in it`}`,
      {
        remedy: `Say what it is: --name "${key}=WORDS".`,
      },
    );
  const one = kind === 'grade' && /^\d+$/.test(plain) ? `grade ${plain}` : plain;
  const healthy = kind === 'disease' && templates.healthy.has(normalize(one));
  return { key, one, many: several ?? pluralOf(one), healthy };
}

/** Numbers that only sort folders go, unless they are all there is. */
const inWords = (key: string): string =>
  key
    .replaceAll(/[_\s]+/g, ' ')
    .trim()
    .replace(/^\d{1,3}[.\s-]+(?=\p{L})/u, '');

function pluralOf(one: string): string {
  const last = /\p{L}+$/u.exec(one)?.[0] ?? '';
  if (last === '' || /[^s]s$/i.test(last) || last === last.toUpperCase()) return one;
  return `${one.slice(0, one.length - last.length)}${inflect(last, 'plural') ?? last}`;
}

function refuseTwins(names: readonly ClassName[]): void {
  const same = [...Map.groupBy(names, ({ one }) => comparable(one) || one).values()].find(({ length }) => length > 1);
  if (same === undefined) return;
  const keys = same.map(({ key }) => key);
  throw new DataError(
    'classes-identical',
    `the classes ${listed(keys)} are one in words: nobody could tell them apart`,
    {
      remedy: `Put them together, or name them apart: --name "${keys[0]}=WORDS".`,
    },
  );
}

const denials = new Set(['no', 'non', 'not', 'without', 'negative', 'free', 'absent', 'absence']);
/** Plurals as singulars, near enough to be compared. */
const wordsOf = (name: string): string[] =>
  (normalize(name).match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.replace(/(?<=\p{L}{3})s$/u, ''));

/** Whether one name has all the words of the other, as `viral pneumonia` those of `pneumonia`; `no polyp` is the opposite of `polyp`. */
export function areNested(a: string, b: string): boolean {
  const [few, many] = [wordsOf(a), wordsOf(b)].toSorted((x, y) => x.length - y.length);
  if (few === undefined || many === undefined || few.length === 0 || few.length === many.length) return false;
  const denied = [many[0], many.at(-1)].some((word) => word !== undefined && denials.has(word) && !few.includes(word));
  return !denied && few.every((word) => many.includes(word));
}

/** Of a label that says only that nobody knows: `unknown`, `pneumonia?`, `possible pneumonia`. */
const doubt =
  /^(?:\?.*|.*\?|unk|unknown|unspecified|undefined|undetermined|uncertain|unsure|unclear|not (?:available|known|sure)|missing|nan|n\/?a|null|unbekannt|unklar|unsicher|(?:possibl[ey]|suspected|questionable|query|rule out|r\/o|fraglich\w*|verdacht auf|v\.\s?a\.)\s.*)$/iu;

export const isDoubt = (label: string): boolean => doubt.test(label.replaceAll('_', ' ').trim());

const shown = 8;

export function listed(names: readonly string[]): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${names.slice(0, shown).join(', ')}${more}`;
}
