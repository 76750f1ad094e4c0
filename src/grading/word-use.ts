/** Judges how a word is used from its form and its neighbours alone. What they do not settle has no use here. */
import { readings, type Form } from './inflection.js';
import { functionWords } from './protected-words.js';
import type { PartOfSpeech, Thesaurus } from './thesaurus.js';
import type { Word } from './rationale-words.js';

const partsOfSpeech: readonly PartOfSpeech[] = ['noun', 'verb', 'adj', 'adv'];
const determiners = new Set('a an the this that these those its their each every some any both all such no'.split(' '));
/** Determiners that stand alone too: `this shows`. */
const pronouns = new Set('this that these those each some any both all'.split(' '));
const copulas = new Set('is are was were be been being appears appear looks look seems seem remains remain'.split(' '));
const beforeVerb = new Set('to can could may might must should will would does do did not'.split(' '));
const prepositions = new Set(
  'of in on at by for with from into within near under above below between through across without'.split(' '),
);

export interface Use {
  lemma: string;
  pos: PartOfSpeech;
  form: Form;
}

/** How the word is used here, or null where its neighbours do not tell. */
export function useOf(words: readonly Word[], i: number, text: string, thesaurus: Thesaurus): Use | null {
  const word = words[i] as Word;
  const joined = (a: Word | undefined, b: Word | undefined): boolean =>
    a !== undefined && b !== undefined && text.slice(a.end, b.start).trim() === '';
  const before = joined(words[i - 1], word) ? (words[i - 1]?.lower ?? '') : '';
  const after = joined(word, words[i + 1]) ? (words[i + 1]?.lower ?? '') : '';
  const nounFollows = after !== '' && !functionWords.has(after) && !after.endsWith('ly');
  const uses = readings(word.lower).flatMap(({ lemma, form }) =>
    partsOfSpeech
      .filter((pos) => fitsForm(pos, form) && thesaurus.senses(lemma, pos).length > 0)
      .map((pos): Use => ({ lemma, pos, form })),
  );
  // `A round, dark area`: before a comma, what can be an adjective is one.
  const listed = text[word.end] === ',' && determiners.has(before) && uses.some(({ pos }) => pos === 'adj');
  const verbLike = (use: Use): boolean => use.pos === 'verb';
  const fitting = uses.filter((use) => {
    const { pos, form } = use;
    if (beforeVerb.has(before))
      return verbLike(use) && form === 'base' ? before !== 'to' || !nounFollows : pos === 'adv';
    if (copulas.has(before))
      return pos === 'adj' || pos === 'adv' || (verbLike(use) && (form === 'past' || form === 'gerund'));
    if (listed) return pos === 'adj';
    if (pronouns.has(before) && uses.every(verbLike)) return true;
    if (determiners.has(before)) return pos === (nounFollows ? 'adj' : 'noun');
    if (prepositions.has(before)) return pos === (nounFollows ? 'adj' : 'noun') || (verbLike(use) && form === 'gerund');
    if (nounFollows && uses.some((other) => other.pos === 'adj' && other.form === 'base')) return pos === 'adj';
    if (form === 'third' || (verbLike(use) && form === 'base')) return determiners.has(after) || /^\d/.test(after);
    return pos !== 'noun' || !determiners.has(after);
  });
  // A noun that could as well be the sentence's verb (`the number matters`) is left alone.
  const placed = determiners.has(before) || prepositions.has(before) || determiners.has(after);
  if (!placed && fitting.some(({ pos }) => pos === 'noun') && uses.some(verbLike)) return null;
  return fitting.sort((a, b) => thesaurus.usage(b.lemma, b.pos) - thesaurus.usage(a.lemma, a.pos))[0] ?? null;
}

function fitsForm(pos: PartOfSpeech, form: Form): boolean {
  if (form === 'base') return true;
  return form === 'plural' ? pos === 'noun' : pos === 'verb';
}
