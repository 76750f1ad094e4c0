/** What stands beside an answer that was given, and whether it takes the answer back: another option, a doubt, a denial. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { articles } from '../words/canonical-words.js';
import { readMentions } from './option-mentions.js';
import { hesitates, isLeftOpen, isNotExcluded } from '../reading/left-open.js';
import { Phrases } from '../words/phrases.js';
import { stancesOf } from '../reading/stance.js';
import type { Word } from '../words/word-list.js';

const alsoStarts = new Phrases({
  or: [...lexicon.or, ...lexicon.and, 'maybe', 'perhaps', 'possibly', 'vielleicht', '也许', '可能'],
});
const breaks = new Phrases({ break: lexicon.breaks });
const besides = new Phrases(lexicon.besides);
const denials = new Phrases({ denial: lexicon.selfDenials });
const refusals = new Phrases({ refusal: lexicon.refusals });
/** Sentences that are looked at; what comes later is an explanation. */
const atMost = 12;

/**
 * Whether what follows an answer puts another beside it, as a bare option or by `or`, `also`, `is possible`, or says that the
 * answer is wrong or not known. What it says about others in a reason (`MRI would show …`) takes nothing away.
 */
export function takesBack(rest: string, option: string, options: readonly string[]): boolean {
  // `A. Pneumonia: no consolidation` is one.
  const sentences = rest
    .split(/[\n;；。]|(?<!^[^\p{L}\p{N}\n]*\p{Lu})[.!](?=\s|$)/mu)
    .filter((part) => /[\p{L}\p{N}]/u.test(part));
  return sentences.slice(0, atMost).some((part, i) => sentenceTakesBack(part, option, options, i === 0));
}

function sentenceTakesBack(part: string, option: string, options: readonly string[], first: boolean): boolean {
  const reading = readMentions(part, options, true);
  const { words, owners, mentions } = reading;
  const stood = stancesOf(reading);
  const loose = words.filter((_, i) => owners[i] === undefined);
  // `The answer is B. No wait.`: whatever was meant to follow did not.
  const again = stood.some((one) => one.option === option && one.stance === 'said');
  if (!again && hesitates(words)) return true;
  if (first && mentions.length === 0 && (refusals.within(loose) || isLeftOpenWhole(loose))) return true;
  if (stood.some((one) => one.option === option && one.stance === 'denied') && denials.within(loose)) return true;
  const others = mentions.filter((one) => one.option !== option && (one.option !== null || one.by === 'words'));
  if (others.length === 0) return false;
  const but = breaks.startingAt(words, 0)?.length ?? 0;
  if (alsoStarts.startingAt(words, but) !== null) return true;
  const standing = stood.some(
    ({ option: other, stance }) => other !== option && (stance === 'said' || stance === 'doubted'),
  );
  if (standing && (besides.within(words) || isNotExcluded(loose))) return true;
  // A bare option, with at most a word such as `option` before each.
  const last = others.at(-1)?.end ?? 0;
  const spoken = loose.filter(({ text }) => !articles.has(text));
  return last === words.length && spoken.length <= mentions.length;
}

/** `Perhaps.`, `I may be wrong.`: short, and about the answer itself. */
function isLeftOpenWhole(words: readonly Word[]): boolean {
  return words.length <= 4 && isLeftOpen(words);
}
