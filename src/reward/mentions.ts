/**
 * Finds the one option a sentence speaks for. Longest reading first (`PET-CT` is no `CT`, `no mass` is no `mass`), and
 * an option that is denied, ruled out or left undecided does not count. Two options left standing mean none.
 */
import { aliases } from './options.js';
import { asDigits, joinTokens, normalize, tokenize, type Token } from './text.js';

const denials = new Set(
  `
    not no nor neither never without cannot cant isnt arent wasnt doesnt dont didnt wouldnt couldnt shouldnt
    unlike exclude excludes excluded excluding except absence absent unlikely unclear unsure whether lacks lacking
    against
  `.match(/\S+/g),
);
/** `CT is excluded`, `CT can be ruled out`, `CT seems unlikely`. */
const deniedAfter = new RegExp(
  '^(?:is|are|was|were|can|could|has|have|seems|looks|appears|would|will|may|might)(?: \\S+){0,2} ' +
    '(?:not|unlikely|excluded|incorrect|wrong|absent|ruled|out|false)\\b',
);
const phraseDenials = [
  /\brather than(?: an?| the)?$/,
  /\binstead of(?: an?| the)?$/,
  /\bruled? out(?: an?| the)?$/,
  /\brules out(?: an?| the)?$/,
];
const imageWords = new Set(['scan', 'scans', 'image', 'images', 'imaging', 'based', 'like']);
const units = new Set([
  'mm',
  'cm',
  'm',
  'ml',
  'l',
  'mg',
  'g',
  'kg',
  'hu',
  '%',
  'years',
  'year',
  'days',
  'weeks',
  'months',
]);

/** Words around a mention in which a denial is looked for. */
const reach = 8;

interface Mention {
  option: string;
  start: number;
  end: number;
}

export interface Mentioned {
  affirmed: ReadonlySet<string>;
  /** Options that are spoken of only to be denied. */
  denied: ReadonlySet<string>;
}

/** The option that `text` affirms, when it affirms exactly one. `bounded` text is short and meant as an answer. */
export function affirmedOption(text: string, options: readonly string[], bounded: boolean): string | null {
  const { affirmed } = mentionedOptions(text, options, bounded);
  const [option] = affirmed;
  return affirmed.size === 1 && option !== undefined ? option : null;
}

/** All options that `text` speaks of. */
export function mentionedOptions(text: string, options: readonly string[], bounded: boolean): Mentioned {
  const tokens = tokenize(text).map((token) => (bounded ? { ...token, text: asDigits(token.text) } : token));
  const mentions = options.flatMap((option) => mentionsOf(option, options, tokens, bounded));
  const longest = withoutInner(mentions);
  const affirmed = new Set(longest.filter((one) => !isDenied(one, tokens)).map((one) => one.option));
  const denied = new Set(longest.map((one) => one.option).filter((option) => !affirmed.has(option)));
  return { affirmed, denied };
}

/** Leaves out mentions that lie inside longer ones. */
function withoutInner(mentions: readonly Mention[]): Mention[] {
  const byStart = Map.groupBy(mentions, (mention) => mention.start);
  const longestSize = Math.max(0, ...new Set(mentions.map(size)));
  const isInner = (one: Mention): boolean => {
    for (let start = one.end - longestSize; start <= one.start; start++) {
      if (byStart.get(start)?.some((other) => other.end >= one.end && size(other) > size(one)) === true) return true;
    }
    return false;
  };
  return mentions.filter((one) => !isInner(one));
}

function mentionsOf(option: string, options: readonly string[], tokens: readonly Token[], bounded: boolean): Mention[] {
  const full = normalize(option);
  // A lone letter reads as an article or pronoun, `no` as a determiner, a number in prose as a size.
  if (/^(?:\p{L}|yes|no|)$/u.test(full) || (!bounded && /^\d+(?:\.\d+)?$/.test(full))) return [];
  const mentions: Mention[] = [];
  for (const spelling of [full, ...aliases(option, options)]) {
    const words = spelling.split(' ').map((word) => (bounded ? asDigits(word) : word));
    for (let start = 0; start + words.length <= tokens.length; start++) {
      const mention = { option, start, end: start + words.length };
      if (words.every((word, i) => tokens[start + i]?.text === word) && standsAlone(mention, tokens))
        mentions.push(mention);
    }
  }
  return mentions;
}

function standsAlone({ start, end }: Mention, tokens: readonly Token[]): boolean {
  for (let i = start + 1; i < end; i++) if (tokens[i]?.boundary === 'sentence') return false;
  if (tokens[start]?.glued === true) return false;
  const next = tokens[end];
  if (next === undefined) return true;
  if (next.glued && !imageWords.has(next.text)) return false;
  return !(end - start === 1 && /^\d/.test(tokens[start]?.text ?? '') && units.has(next.text));
}

function isDenied({ start, end }: Mention, tokens: readonly Token[]): boolean {
  const before = clauseBefore(tokens, start);
  const text = joinTokens(before);
  if (phraseDenials.some((pattern) => pattern.test(text))) return true;
  const near = before.slice(-5).map((token) => token.text);
  if (near.some((word, i) => denials.has(word) && !(word === 'no' && near[i + 1] === 'doubt'))) return true;
  return deniedAfter.test(joinTokens(clauseAfter(tokens, end)));
}

function clauseBefore(tokens: readonly Token[], start: number): Token[] {
  let from = start;
  while (from > 0 && start - from < reach && tokens[from]?.boundary === 'none' && tokens[from - 1]?.text !== 'but')
    from--;
  return tokens.slice(from, start);
}

function clauseAfter(tokens: readonly Token[], end: number): Token[] {
  let to = end;
  while (to < tokens.length && to - end < reach && tokens[to]?.boundary === 'none' && tokens[to]?.text !== 'but') to++;
  return tokens.slice(end, to);
}

function size(mention: Mention): number {
  return mention.end - mention.start;
}
