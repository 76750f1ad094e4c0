/** Two options of which one must hold: what is not normal is abnormal. Of left and right, or of three, nothing follows. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import { coreForm, readWords } from '../words/canonical-words.js';
import { optionForms } from './answer-options.js';

const pairs = lexicon.opposites.map((pair) => pair.map((word) => coreForm(readWords(word))));

/** The option that holds where `denied` does not; null where that does not follow. */
export function oppositeOf(denied: string, options: readonly string[]): string | null {
  if (options.length !== 2) return null;
  const other = options.find((option) => option !== denied);
  const [mine, theirs] = [denied, other].map((option) => {
    const forms = optionForms(options).find((one) => one.option === option);
    return forms === undefined ? '' : coreForm(forms.words);
  });
  if (other === undefined || mine === undefined || theirs === undefined) return null;
  const listed = pairs.some((pair) => pair.includes(mine) && pair.includes(theirs) && mine !== theirs);
  return listed || /^(?:no|not|non|without) (.+)$/.exec(theirs)?.[1] === mine ? other : null;
}
