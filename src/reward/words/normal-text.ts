/**
 * Text as the answer rules see it: lower-case tokens without punctuation, accents and quotes.
 * Signs that change a meaning stay: comparison signs, `+`, `%`, a minus before a number or after a word (`HER2-`).
 */

export interface Token {
  text: string;
  /** Joined to the token before it by a hyphen or slash, as `CT` is in `PET-CT`. */
  glued: boolean;
  /**
   * What stands between this token and the one before it: nothing much, a comma or bracket, or the end of a sentence.
   */
  boundary: 'none' | 'clause' | 'sentence';
}

const tokenPattern =
  /\d+(?:\.\d+)?|\.\d+|[\p{L}\p{M}][\p{L}\p{M}\p{N}]*|\p{N}+|[<>≤≥=%+±]|(?<![\p{L}\p{N}])-(?=\.?\d)|(?<=[\p{L}\p{N}(])-(?=$|[\s).,;])/gu;

/** Options and questions come again with every sample that has them: short texts are cut once. */
const tokensOf = new Map<string, readonly Token[]>();
const [shortText, textsKept] = [200, 20_000];

/** Cuts text into tokens. `5.0` reads as `5`, `.5` as `0.5`, `Crohn’s` as `crohns`, `Xray` as `x ray`. */
export function tokenize(text: string): readonly Token[] {
  const known = tokensOf.get(text);
  if (known !== undefined) return known;
  const tokens = cut(text);
  if (text.length <= shortText) {
    if (tokensOf.size === textsKept) tokensOf.clear();
    tokensOf.set(text, tokens);
  }
  return tokens;
}

function cut(text: string): readonly Token[] {
  const plain = text
    // A power is no further digit of its base.
    .replace(/[⁰¹²³⁴-⁹]+/g, ' $&')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .toLowerCase()
    .replace(/(?<=\p{L})['\u2018\u2019`\u00b4](?=\p{L})/gu, '')
    .replace(/\bxray/g, 'x-ray');
  const tokens: Token[] = [];
  let end = 0;
  for (const match of plain.matchAll(tokenPattern)) {
    const gap = plain.slice(end, match.index);
    tokens.push({
      text: canonicalNumber(match[0]),
      glued: tokens.length > 0 && /^[-/]$/.test(gap),
      boundary: boundaryOf(gap),
    });
    end = match.index + match[0].length;
  }
  return tokens;
}

/** The form in which texts are compared and keyed: tokens joined by blanks. */
export function normalize(text: string): string {
  return joinTokens(tokenize(text));
}

export function joinTokens(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join(' ');
}

/**
 * Normalised text without a leading article, and a lone number word as its digits: `The liver` = `liver`, `Two` = `2`.
 */
export function comparable(text: string): string {
  // `A) MRI` begins with a letter, not with an article.
  return asDigits(normalize(text.replace(/^[^\p{L}\p{N}]*(?:the|an?)[ \t]+(?=[\p{L}\p{N}])/iu, '')));
}

/** `two` as `2`, up to twenty; other words as they are. */
export function asDigits(word: string): string {
  const number = numberWords.indexOf(word);
  return number === -1 ? word : String(number);
}

const numberWords = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
  'eighteen nineteen twenty'
).split(' ');

function canonicalNumber(token: string): string {
  if (!/^\d*\.\d+$/.test(token)) return token;
  const trimmed = token.replace(/0+$/, '').replace(/\.$/, '');
  return trimmed.startsWith('.') ? `0${trimmed}` : trimmed || '0';
}

function boundaryOf(gap: string): Token['boundary'] {
  if (/[.!?;\n]/.test(gap)) return 'sentence';
  return /[,:()[\]"|]|\s-+\s/.test(gap) ? 'clause' : 'none';
}
