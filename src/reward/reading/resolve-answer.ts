/** The option that a text gives as its answer. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import statements from '../lexicon/statements.json' with { type: 'json' };
import { disagrees, withoutOffers } from './asides.js';
import { bareAnswers } from './answer-alone.js';
import { takesBack } from '../options/beside-answer.js';
import { contradictsFinding, findingOption, noneOption, optionByInitial } from './yes-no.js';
import { declarations, type Declaration } from './declared-answer.js';
import { withoutLabels } from '../options/labelled-options.js';
import { unwrap } from './answer-markup.js';
import { readMentions } from '../options/option-mentions.js';
import { oppositeOf } from '../options/opposites.js';
import { withoutSideIdioms } from '../options/side-idioms.js';
import { nameOption, optionForms } from '../options/answer-options.js';
import { Phrases } from '../words/phrases.js';
import { hesitates, isLeftOpen, isOnlyDoubt } from './left-open.js';
import { articles, coreForm, directionWords, readWords } from '../words/canonical-words.js';
import { stancesOf, type Stood } from './stance.js';
import { afterLast, statesAnother } from './other-statement.js';
import { sentenceStart } from './voices.js';
import { prepare, type Word } from '../words/word-list.js';
import { otherWordings } from '../options/other-wordings.js';

/** `none`: the text speaks for no option. `several`: it could be paid under more than one, or contradicts itself. */
export type Resolution = { option: string } | 'none' | 'several';

const besides = new Phrases(lexicon.besides);
const selfCorrections = new Phrases({ correction: statements.selfCorrections });
const refusals = new Phrases({ refusal: lexicon.refusals });

/**
 * The option that a text gives as its answer, or null. An option's own words come before its letter, so that an option `A`
 * in second place is what `A` means; a letter whose text belongs to another option means nothing.
 * `bounded`: the text is an answer block, not prose around an answer.
 */
export function resolveOption(
  text: string,
  options: readonly string[],
  bounded: boolean,
  question = '',
): string | null {
  const resolution = resolve(text, options, bounded, question);
  return typeof resolution === 'object' ? resolution.option : null;
}

/** @param question What was asked, which may name a finding or a unit; empty where it is not known. */
export function resolve(text: string, options: readonly string[], bounded: boolean, question = ''): Resolution {
  const { body: wrapped, beside } = unwrap(text);
  const body = withoutOffers(wrapped);
  const read = (shown: readonly string[], said: string): Resolution => {
    const resolution = resolvePlain(said, shown, bounded, question);
    if (typeof resolution !== 'object') return resolution;
    if (takesBack(beside, resolution.option, shown)) return 'several';
    if (contradictsFinding(readWords(said), resolution.option, shown, question)) return 'several';
    // Under the name that the option has in the question.
    return { option: options[shown.indexOf(resolution.option)] ?? resolution.option };
  };
  const resolution = read(options, body);
  if (resolution !== 'none') return resolution;
  const unlabelled = withoutLabels(options);
  if (unlabelled !== null) return read(unlabelled.options, unlabelled.relettered(body));
  const none = noneOption(body, options, question);
  if (none !== null) return { option: none };
  for (const other of otherWordings(body, options, question)) {
    const found = read(other.options, other.text);
    if (found !== 'none') return found;
  }
  return 'none';
}

function resolvePlain(plain: string, options: readonly string[], bounded: boolean, question: string): Resolution {
  const corrected = afterLast(plain, selfCorrections);
  if (corrected !== plain && readMentions(corrected, options, bounded).mentions.length > 0) {
    const read = resolvePlain(corrected, options, bounded, question);
    if (typeof read !== 'object' || !besides.within(readWords(corrected))) return read;
  }
  const named = nameOf(plain, options);
  if (named !== undefined) return named === null ? 'several' : { option: named };
  // An option such as `The diagnosis is asthma` declares nothing.
  const declares = optionForms(options).some((one) => one.declares);
  const declared = declares ? hanging(prepare(plain)) : declaredOption(prepare(plain), options, question);
  if (declared !== 'none') return declared;
  return spokenFor(plain, options, bounded, question);
}

/** By its words, or by its letter and its words together, as in a list of options. */
function nameOf(text: string, options: readonly string[]): string | null | undefined {
  const [, letter = '', words = ''] = /^\s*[([]?([A-Za-z])\s*[)\].:/=–—-]+\s*(\S.*)$/.exec(text) ?? [];
  const lettered = letter === '' ? undefined : options[letter.toUpperCase().charCodeAt(0) - 65];
  const named =
    lettered !== undefined && nameOption(words, options) === lettered ? lettered : namedOrInitial(text, options);
  // `CT?` asks.
  return named !== undefined && named !== text && /[?？]\W*$|^[^\p{L}\p{N}]*[?？]/u.test(text) ? null : named;
}

/** An option that several fit is none, whatever its initial. */
function namedOrInitial(text: string, options: readonly string[]): string | null | undefined {
  const named = nameOption(text, options);
  return named === undefined ? optionByInitial(text, options) : named;
}

/** What the declarations of a text agree on, and nothing beside them takes away. */
function declaredOption(text: string, options: readonly string[], question: string): Resolution {
  let result: Resolution = 'none';
  let last: Declaration | undefined;
  let hung = false;
  const all = [...bareAnswers(text, (piece) => isBare(piece, options)), ...declarations(text)].toSorted(
    (a, b) => a.start - b.start,
  );
  for (const declaration of all) {
    hung ||= isHanging(declaration);
    // `The diagnosis is uncertain. Answer: B`: a doubt that ends its sentence leaves the next one whole.
    const closed = /^\s*[.!。！]/.test(text.slice(declaration.end));
    const read = isHanging(declaration) && !closed ? 'several' : readDeclaration(declaration, options, question);
    if (read === 'none') continue;
    if (result !== 'none' && !declaration.revised && !sameResolution(result, read)) return 'several';
    result = read;
    last = declaration;
  }
  if (result === 'none' && hung) return 'several';
  if (typeof result !== 'object' || last === undefined) return result;
  if (takesBack(text.slice(last.end), result.option, options)) return 'several';
  return statesAnother(text, result.option, options, question, before(text, all, options)) ? 'several' : result;
}

/** What stands before a letter that is declared; a text that declares in words, or gives its reasons behind, needs no other. */
function before(text: string, all: readonly Declaration[], options: readonly string[]): string {
  const spelled = all.some(({ sentence }) =>
    readMentions(sentence, options, true).mentions.some(({ by }) => by === 'words'),
  );
  return spelled ? '' : text.slice(0, all[0]?.start ?? 0);
}

/** An option's letter, words or both, and nothing else. */
function isBare(piece: string, options: readonly string[]): boolean {
  if (typeof nameOf(piece, options) === 'string') return true;
  const { words, owners } = readMentions(piece, options, true);
  const named = new Set(owners.flatMap((owner) => owner?.option ?? []));
  return named.size === 1 && words.every((_, i) => owners[i] !== undefined) && !/^\W*[ai]\W*$|[?？]/.test(piece);
}

function sameResolution(a: Resolution, b: Resolution): boolean {
  return typeof a === 'object' && typeof b === 'object' && a.option === b.option;
}

/** Whether a text declares in doubt, as `The answer is perhaps, …` does: what stands behind it is not more certain. */
function hanging(text: string): Resolution {
  return declarations(text).some((one) => one.doubtful || isLeftOpen(readWords(one.sentence))) ? 'several' : 'none';
}

function isHanging({ sentence, doubtful }: Declaration): boolean {
  // `Perhaps, the`, cut before the next `answer`.
  const words = readWords(sentence).filter(({ text }) => !articles.has(text));
  return words.length === 0 ? doubtful : isOnlyDoubt(words);
}

function readDeclaration(
  { line, sentence, doubtful }: Declaration,
  options: readonly string[],
  question: string,
): Resolution {
  for (const segment of line === sentence ? [line] : [line, sentence]) {
    const body = segment.replace(/^\{([^{}]*)\}.*$/s, '$1').trim();
    const named = cutAtArticle(body) ? undefined : nameOf(body, options);
    if (named !== undefined) return doubtful || named === null ? 'several' : { option: named };
  }
  const body = sentence.replace(/^\{([^{}]*)\}.*$/s, '$1').trim();
  const placed = optionAtPlace(body, options);
  if (placed !== undefined) return doubtful ? 'several' : { option: placed };
  // `B. No wait`, which is no option B with words of its own.
  const words = /^[A-Z][.)]\s+(.*)$/s.exec(body)?.[1] ?? '';
  if (cutAtArticle(body) || hesitates(readWords(words))) return 'several';
  const read = spokenFor(body, options, true, question);
  return doubtful && typeof read === 'object' ? 'several' : read;
}

/** `Correct answer: 3)`, `正解は2です`: a place, where no option has a number. */
function optionAtPlace(body: string, options: readonly string[]): string | undefined {
  if (options.some((option) => /\d/.test(option) || readWords(option).some(({ text }) => text.startsWith('#'))))
    return undefined;
  const [, place] = /^[(（]?([1-9])(?:\s*[)）]|\s*(?:です|番|である)|\s*$)/u.exec(body) ?? [];
  return place === undefined ? undefined : options[Number(place) - 1];
}

/** `The answer is a`, cut off. */
const cutAtArticle = (text: string): boolean => /^[ai]$/.test(text);

/** The one option that a text speaks for. */
function spokenFor(text: string, options: readonly string[], bounded: boolean, question = ''): Resolution {
  const reading = readMentions(withoutSideIdioms(text), options, bounded);
  if (reading.mentions.length === 0) {
    const found = /[?？]/.test(text) ? null : findingOption(reading.words, options, question);
    return found === null ? 'none' : { option: found };
  }
  // An option may itself be `Not sure`.
  const loose = reading.words.map((word, i) => (reading.owners[i] === undefined ? word : { text: '§' }));
  if (refusals.within(loose)) return 'several';
  if (disagrees(reading.words.slice(reading.mentions.at(-1)?.end))) return 'several';
  const stood = stancesOf(reading, question);
  const denied = new Set(stood.map(({ option, stance }) => (stance === 'denied' ? option : null)));
  const [only] = denied;
  const opposite = denied.size === 1 && typeof only === 'string' ? oppositeOf(only, options) : null;
  return opposite === null ? (ofAll(stood, options) ?? decide(concluding(stood, reading.words))) : { option: opposite };
}

const wholes = lexicon.wholeOptions.map((option) => coreForm(readWords(option)));

/** `None of the above` where each of the others is denied, and `all of the above` where it is said, whatever else is. */
function ofAll(stood: readonly Stood[], options: readonly string[]): Resolution | null {
  const [all, none] = wholes.map((whole) => options.find((option) => coreForm(readWords(option)) === whole));
  const rest = options.filter((option) => option !== none);
  const only = (stance: Stood['stance']): boolean => stood.every((one) => one.stance === stance && one.option !== null);
  const named = new Set(stood.map(({ option }) => option));
  if (none !== undefined && rest.length > 1 && only('denied') && rest.every((option) => named.has(option)))
    return { option: none };
  return all !== undefined && named.has(all) && only('said') ? { option: all } : null;
}

const concludes = new Phrases({
  conclusion: [...lexicon.conclusions, ...statements.selfContained, ...statements.concludes],
});

/** Without what only stands beside an answer, where a text ends by drawing one: `A nevus produces pigment. So this is a melanoma.` */
function concluding(stood: readonly Stood[], words: readonly Word[]): readonly Stood[] {
  const last = stood.at(-1);
  if (last?.stance !== 'said' || last.weak === true || last.option === null) return stood;
  const lead = words.slice(sentenceStart(words, last.start), last.start);
  const named = words.slice(last.start, last.end);
  if (!concludes.within(lead) || named.every(({ text }) => directionWords.has(text))) return stood;
  return stood.filter(
    (one) => one.option === last.option || one.stance !== 'said' || one.weak !== true || one.by !== 'words',
  );
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
  // `B) because CT shows bone`, where B is another: the reason speaks for its own option; one that names several compares them.
  const spelt = stood.filter((one) => one.by === 'words' && one.stance !== 'denied').map((one) => one.option);
  if (new Set(spelt).size === 1 && !spelt.includes(option)) return 'several';
  return { option };
}
