/** The option that a text gives as its answer. */
import lexicon from './lexicon/phrases.json' with { type: 'json' };
import { absenceOption } from './closed.js';
import { declarations, type Declaration } from './declared.js';
import { readMentions } from './mentions.js';
import { oppositeOf } from './opposites.js';
import { nameOption, optionForms } from './options.js';
import { Phrases } from './phrases.js';
import { stancesOf, type Stood } from './stance.js';

/** `none`: the text speaks for no option. `several`: it could be paid under more than one, or contradicts itself. */
export type Resolution = { option: string } | 'none' | 'several';

const refusals = new Phrases({ refusal: lexicon.refusals });
const alsoStarts = new Phrases({
  or: [...lexicon.or, ...lexicon.and, 'maybe', 'perhaps', 'possibly', 'vielleicht', '也许', '可能'],
});

const besides = new Phrases({
  beside: ['also fits', 'also possible', 'also plausible', 'also be', 'fits too', 'equally'],
  second: ['runner up', 'second choice', 'second best', 'close second', 'secondary'],
});

/**
 * The option that a text gives as its answer, or null. An option's own words come before its letter, so that an option `A`
 * in second place is what `A` means; a letter whose text belongs to another option means nothing.
 * `bounded`: the text is an answer block, not prose around an answer.
 */
export function resolveOption(text: string, options: readonly string[], bounded: boolean): string | null {
  const resolution = resolve(text, options, bounded);
  return typeof resolution === 'object' ? resolution.option : null;
}

export function resolve(text: string, options: readonly string[], bounded: boolean): Resolution {
  const plain = withoutMarkup(text);
  const named = nameOf(plain, options);
  if (named !== undefined) return named === null ? 'several' : { option: named };
  // An option such as `The diagnosis is asthma` declares nothing.
  const declared = optionForms(options).some(({ declares }) => declares) ? 'none' : declaredOption(plain, options);
  if (declared !== 'none') return declared;
  return spokenFor(plain, options, bounded);
}

/** By its words, or by its letter and its words together, as in a list of options. */
function nameOf(text: string, options: readonly string[]): string | null | undefined {
  const [, letter = '', words = ''] = /^\s*[([]?([A-Za-z])\s*[)\].:/=–—-]+\s*(\S.*)$/.exec(text) ?? [];
  const lettered = letter === '' ? undefined : options[letter.toUpperCase().charCodeAt(0) - 65];
  const named =
    lettered !== undefined && nameOption(words, options) === lettered ? lettered : nameOption(text, options);
  // `CT?` asks.
  return named !== undefined && named !== text && /[?？]\W*$/.test(text) ? null : named;
}

/** LaTeX and Markdown around an answer; what is struck out is not said. */
function withoutMarkup(text: string): string {
  return text
    .replace(/~~[^~\n]+~~|<(del|s|strike)>[^<]*<\/\1>/gi, ' ')
    .replace(/\\(?:text|textbf|textit|mathrm|mathbf|mathit|mathsf|rm|bf)\b\s*\{([^{}]*)\}/g, '$1')
    .replace(/^\s*#{1,6}\s+/gm, '')
    .replace(/\$/g, ' ')
    .replace(/\*\*|__/g, ' ')
    .replace(/(^|[^\\\w])boxed\b/g, '$1')
    .trim();
}

/** What the declarations of a text agree on, and nothing beside them takes away. */
function declaredOption(text: string, options: readonly string[]): Resolution {
  let result: Resolution = 'none';
  let last: Declaration | undefined;
  for (const declaration of declarations(text)) {
    const read = readDeclaration(declaration, options);
    if (read === 'none') continue;
    if (result !== 'none' && !declaration.revised && !sameResolution(result, read)) return 'several';
    result = read;
    last = declaration;
  }
  if (typeof result !== 'object' || last === undefined) return result;
  return addsAnother(text.slice(last.end), result.option, options) ? 'several' : result;
}

function sameResolution(a: Resolution, b: Resolution): boolean {
  return typeof a === 'object' && typeof b === 'object' && a.option === b.option;
}

function readDeclaration({ line, sentence, doubtful }: Declaration, options: readonly string[]): Resolution {
  for (const segment of line === sentence ? [line] : [line, sentence]) {
    const body = segment.replace(/^\{([^{}]*)\}.*$/s, '$1').trim();
    const named = cutAtArticle(body) ? undefined : nameOf(body, options);
    if (named !== undefined) return doubtful || named === null ? 'several' : { option: named };
  }
  const body = sentence.replace(/^\{([^{}]*)\}.*$/s, '$1').trim();
  if (cutAtArticle(body)) return 'several';
  const read = spokenFor(body, options, true);
  return doubtful && typeof read === 'object' ? 'several' : read;
}

/** `The answer is a`, cut off. */
const cutAtArticle = (text: string): boolean => /^[ai]$/.test(text);

/** Whether what follows a declared answer puts another beside it: a bare option, or `or`, `also`, `alternatively` with one. */
function addsAnother(rest: string, option: string, options: readonly string[]): boolean {
  const sentences = rest.split(/[\n;；。]|[.!?](?=\s|$)/).filter((part) => /[\p{L}\p{N}]/u.test(part));
  return sentences.slice(0, 12).some((part) => {
    const reading = readMentions(part, options, true);
    const others = reading.mentions.filter(
      (mention) => mention.option !== option && (mention.option !== null || mention.by === 'words'),
    );
    if (others.length === 0) return false;
    if (alsoStarts.startingAt(reading.words, 0) !== null) return true;
    const standing = stancesOf(reading).some(
      ({ option: other, stance }) => other !== option && (stance === 'said' || stance === 'doubted'),
    );
    if (standing && besides.within(reading.words)) return true;
    const spoken = others.reduce((sum, { start, end }) => sum + end - start, 0);
    return spoken + reading.mentions.length >= reading.words.length;
  });
}

/** The one option that a text speaks for. */
function spokenFor(text: string, options: readonly string[], bounded: boolean): Resolution {
  const reading = readMentions(withoutIdioms(text), options, bounded);
  if (reading.mentions.length === 0) {
    const absence = absenceOption(reading.words, options);
    return absence === null ? 'none' : { option: absence };
  }
  // An option may itself be `Not sure`.
  const loose = reading.words.map((word, i) => (reading.owners[i] === undefined ? word : { text: '§' }));
  if (refusals.within(loose)) return 'several';
  const stood = stancesOf(reading);
  const denied = new Set(stood.map(({ option, stance }) => (stance === 'denied' ? option : null)));
  const [only] = denied;
  const opposite = denied.size === 1 && typeof only === 'string' ? oppositeOf(only, options) : null;
  return opposite === null ? decide(stood) : { option: opposite };
}

function decide(stood: readonly Stood[]): Resolution {
  const by = (stance: Stood['stance']): Set<string | null> =>
    new Set(stood.filter((one) => one.stance === stance).map(({ option }) => option));
  const [said, doubted, denied] = [by('said'), by('doubted'), by('denied')];
  const standing = new Set([...said, ...doubted]);
  if (standing.size === 0) return 'none';
  const [option] = said;
  if (standing.size > 1 || option === undefined || option === null || denied.has(option) || doubted.has(option))
    return 'several';
  if (!stood.some((one) => one.option === option && one.stance === 'said' && one.weak !== true)) return 'none';
  // `B) because CT shows bone`, where B is another: the reason speaks for its own option.
  const spelt = stood.filter((one) => one.by === 'words' && one.stance !== 'denied').map((one) => one.option);
  if (spelt.length > 0 && !spelt.includes(option)) return 'several';
  return { option };
}

const idiom = new RegExp(
  `\\b(?:${["that'?s", 'that is', "you'?re", 'you are', 'quite', "I'?m", 'I am'].join('|')}) right\\b|\\ball right\\b|\\bright (?:now|away|here|there|answer|option|choice|one)\\b`,
  'gi',
);

/** `That's right` names no side. */
const withoutIdioms = (text: string): string => text.replace(idiom, (found) => found.replace(/right/i, 'so'));
