/**
 * Text as the reader of answers sees it: words in one spelling, each with its place and what stands before it.
 * Chinese and Japanese have no blanks between words, so each of their characters is a word. Numbers are in quantities.ts.
 */
import synonyms from '../lexicon/synonyms.json' with { type: 'json' };

export interface Word {
  /** As written. */
  raw: string;
  /** Lower case, one spelling, without accents; `#…` for a quantity. */
  text: string;
  /** Place in the prepared text. */
  start: number;
  end: number;
  /** Joined to the word before it by a hyphen or slash, as `CT` is in `PET-CT`. */
  glued: boolean;
  /** What stands between this word and the one before it: nothing much, a comma or bracket, or the end of a sentence. */
  boundary: 'none' | 'clause' | 'sentence';
  /** A letter in brackets, which is no article. */
  bracketed?: boolean;
}

/** A place where a text speaks of an option. */
export interface Mention {
  /** Null for a letter that no option has, and for words that two have. */
  option: string | null;
  /** First word, and the one after the last. */
  start: number;
  end: number;
  by: 'words' | 'letter';
  /** A bare capital in prose: it stands beside another answer, but is none by itself. */
  weak?: boolean;
}

const script = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}';
const number =
  '[1-9]\\d{0,2}(?:,\\d{3})+(?:\\.\\d+)?(?!\\d)|[1-9]\\d{0,2}(?:\\.\\d{3}){2,}(?:,\\d+)?(?!\\d)|\\d{1,3}\\.\\d{3},\\d+|' +
  "[1-9]\\d{0,2}(?:[ \\u00a0\\u202f\\u2009'’]\\d{3})+(?:[.,]\\d+)?(?!\\d)|\\d+[.,]\\d+(?:e[+-]?\\d+)?|\\d+e[+-]?\\d+\\b|\\.\\d+|\\d+";
const wordPattern = new RegExp(
  [
    `(?:${number})`,
    `[${script}]`,
    `(?:(?![${script}])[\\p{L}\\p{M}])(?:(?![${script}])(?:[\\p{L}\\p{M}\\p{N}]|['’](?=\\p{L})))*`,
    '\\p{N}+',
    '\\+/-|[<>]=?|[≤≥=%+±~≈×^°]',
    '(?<![\\p{L}\\p{N}])-(?=\\.?\\d)|(?<=[\\p{L}\\p{N}(])-(?=$|[\\s).,;])',
  ].join('|'),
  'gu',
);

const elided =
  /(?<!\p{L})(hypo|hyper|iso|an)-?\s?(?:\/|,|to|or|and|bis|und|oder)\s?-?(hypo|hyper|iso|an)(echoic|dense|intense|attenuating|dens|echogen)/giu;
const everyOne =
  /(?<!\p{L})all (?:two|three|four|five|[2-5])(?: of (?:them|these|the above)| (?:statements|options|answers|choices|findings)|(?= apply| are| is))/giu;

/** The text that words are cut from: one width of letters, one hyphen, powers written with `^`. */
export function prepare(text: string): string {
  return (
    text
      .replace(/[⁰¹²³⁴-⁹]+/g, (digits) => `^${digits.normalize('NFKC')}`)
      .normalize('NFKC')
      .replace(/(?<![\p{L}.])([ei])\.\s?([ge])\.|(?<![\p{L}.])([zZ])\.\s?([bB])\./gu, '$1$2$3$4 ')
      // `C.T.` is no option C.
      .replace(/(?<![\p{L}\p{N}.])(?:\p{Lu}\.){2,}(?!\p{L})/gu, (initials) => initials.replaceAll('.', ''))
      .replace(/[-=]+>/g, '→')
      .replace(/(?<!\p{L})w\/o(?!\p{L})/giu, 'without')
      .replace(/(?<=[\p{L}\p{N}]) [+&] (?=[\p{L}])/gu, ' and ')
      .replace(everyOne, 'all of the above')
      .replace(/(?<!\p{L})w\/ ?(?=\p{L})/giu, 'with ')
      .replace(/(?<![\p{L}\p{N}])([CTLS]\d{1,2})(?=[CTLS]\d)/gu, '$1-')
      // `Hypo-/isoechoic` is two.
      .replace(elided, '$1$3 or $2$3')
      // `L4/5` is the level L4-L5.
      .replace(/(?<![\p{L}\p{N}])([CTLS])(\d{1,2})\s?[/-]\s?(\d{1,2})(?![\p{L}\p{N}])/gu, '$1$2-$1$3')
      .replace(/[\u2010-\u2012\u2212]/g, '-')
      .replace(/[\u2018\u2019`\u00b4](?=\p{L})/gu, "'")
      .replace(/(?<!\p{L})(l|d|n|j|qu)'(?=\p{L}{2})/giu, '$1 ')
  );
}

/** Words of prepared text, numbers as they stand. */
export function cutWords(prepared: string): Word[] {
  const words: Word[] = [];
  let end = 0;
  let opened = false;
  for (const match of prepared.matchAll(wordPattern)) {
    const gap = prepared.slice(end, match.index);
    const [raw] = match;
    const bracketed = isBracketed(prepared, match.index, raw);
    words.push({
      raw,
      text: spelled(raw),
      start: match.index,
      end: match.index + raw.length,
      glued: words.length > 0 && /^[-/–]$/.test(gap),
      bracketed,
      boundary: bracketed || opened ? withoutBrackets(gap) : boundaryOf(gap),
    });
    opened = bracketed;
    end = match.index + raw.length;
  }
  return words;
}

const spellings = synonyms.spelling.map(([from = '', to = '']) => [new RegExp(from, 'g'), to] as const);

/** Letters that are no letter with an accent. */
const foreign: Readonly<Record<string, string>> = { ß: 'ss', ł: 'l', ø: 'o', đ: 'd', ı: 'i', æ: 'ae', œ: 'oe' };

/** One spelling of a word: `Tumour` as `tumor`, `Crohn's` as `crohns`. */
export function spelled(raw: string): string {
  const plain = raw
    .toLowerCase()
    .replace(/[ßłøđıæœ]/g, (letter) => foreign[letter] ?? letter)
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/'/g, '');
  if (plain.length < 5 || !/^[a-z]+$/.test(plain)) return plain;
  return spellings.reduce((word, [from, to]) => word.replace(from, to), plain);
}

/** Singular of a word, roughly; the same rough form for both numbers is enough. */
export function stemmed(text: string): string {
  if (text.length < 4 || !/^[a-z]+$/.test(text)) return text;
  if (/(?:ss|us|is)$/.test(text)) return text.replace(/is$/, 'i');
  if (text.endsWith('ies')) return text.replace(/ies$/, 'y');
  if (/(?:ss|x|ch|sh)es$/.test(text)) return text.slice(0, -2);
  if (/(?:as|os|ys|i)es$/.test(text)) return `${text.slice(0, -2)}i`;
  if (text.endsWith('ses')) return `${text.slice(0, -2)}i`;
  return text.replace(/s$/, '');
}

/** `(B)` inside a sentence is part of it: its brackets part nothing. */
function isBracketed(prepared: string, start: number, raw: string): boolean {
  return raw.length === 1 && /[([{]/.test(prepared[start - 1] ?? '') && /[)\]}]/.test(prepared[start + 1] ?? '');
}

function withoutBrackets(gap: string): Word['boundary'] {
  return boundaryOf(gap.replace(/^\s*[)\]}]|[([{]\s*$/g, ' '));
}

function boundaryOf(gap: string): Word['boundary'] {
  if (/[.!?;\n。！？；…؟؛।]/.test(gap)) return 'sentence';
  return /[,:()[\]{}"“”|&、，：（）—→،]|\s[-–/]+\s/.test(gap) ? 'clause' : 'none';
}
