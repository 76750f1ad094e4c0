/** How texts say that an option is not the answer, in front of it (`no`, `rather than`) and behind it (`is wrong`, `does not fit`). */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { Phrases, phraseWords } from '../words/phrases.js';
import type { Word } from '../words/word-list.js';

const denials = new Phrases({ denial: lexicon.denials });
const idioms = new Phrases({ idiom: lexicon.notDenials });
/** What a list goes on with. */
export const conjunctions = new Set(
  [...lexicon.and, ...lexicon.or, 'nor', 'ni', 'noch', 'neither'].flatMap(phraseWords),
);
// Part of 还是 (or), but by itself it says `is`: 不是肺炎，是气胸.
conjunctions.delete('是');
const negations = alternatives(lexicon.negations);
const fits = alternatives(lexicon.fits);
const listed = `(?:(?:§|${alternatives([...conjunctions])}|,) )*`;
/** Of the words behind a mention, with `§` for mentions and `,` for boundaries. */
export const deniedAfter = new RegExp(
  `^${listed}(?:(?:, )?(?:${alternatives(['but'])} )?(?:it|this|that|which|these|both) )?` +
    `(?:${alternatives(lexicon.copulas)}) (?:\\S+ ){0,2}?(?:${alternatives(lexicon.deniedAfter)})(?: |$)|` +
    // `B does not fit`, `B passt nicht`, `B scheidet aus`.
    `^${listed}(?:\\S+ ){0,2}?(?:${negations}) (?:\\S+ ){0,2}?(?:${fits})(?: |$)|^(?:\\S+ )?(?:${fits}) (?:\\S+ ){0,2}?(?:${negations})(?: |$)|` +
    // `It looks like B but is not`.
    `^(?:\\S+ ){0,4}?(?:, )?(?:${alternatives(['but', 'aber', 'mais', 'pero', 'ma', 'но', 'maar'])}) (?:(?:it|this|that|is|was|its) ){0,2}(?:${negations}|isnt|wasnt|doesnt) (?:,|$)|` +
    // `With A and B eliminated, C`.
    `^${listed}(?:both |all )?(?:${alternatives(lexicon.exclusions)}) (?:,|$)|` +
    `^${listed}(?:${alternatives(lexicon.leaving)})(?: |$)|` +
    // `A: no`, `MRI – incorrect`.
    `^, (?:${alternatives(lexicon.verdicts)}) (?:,|$)|` +
    '^(?:cannot|cant) be (?:the |correct|right|true)|' +
    `^(?:${alternatives(lexicon.deniedAfter.filter((word) => !/^[a-z]/.test(word) || /^(?:isnt|wasnt|degil)$/.test(word)))})(?: |$)`,
);
/** Denials that reach over commas and breaks because they open with them. */
const deniedBefore =
  /(?:^| )(?:rather than|instead of|other than|anything but|all but|everything but|except|except for|as opposed to|unlike|excluding|far from|除 了)(?: the| an?)? $/;

/**
 * `no` and its like within a few words, unless in `no doubt`.
 * @param wide The last few words, over all boundaries.
 * @param before Those of the clause.
 */
export function isDeniedBefore(wide: string, before: readonly Word[]): boolean {
  if (deniedBefore.test(wide)) return true;
  const near = before.slice(-7);
  for (let i = 0; i < near.length; i++) {
    const idiom = idioms.startingAt(near, i);
    if (idiom !== null) i += idiom.length - 1;
    // `Non-contrast CT` is one.
    else if (denials.startingAt(near, i) !== null && near[i + 1]?.glued !== true) return true;
  }
  return false;
}

function alternatives(phrases: readonly string[]): string {
  return phrases
    .map((phrase) => phraseWords(phrase).join(' '))
    .filter((words) => words !== '')
    .join('|');
}
