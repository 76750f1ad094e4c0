/** An option's words in another order: `effusion (pleural)`, `fracture of the femur`, `upper lobe of the left lung`. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };
import wordings from '../lexicon/wordings.json' with { type: 'json' };
import { articles, directionWords } from '../words/canonical-words.js';
import { Phrases } from '../words/phrases.js';
import type { Word } from '../words/word-list.js';

/** Stands in a form where a text has `of`, a comma or a bracket. */
export const joint = '§';
const ofs = /^(?:of|in|within|de|du|des|del|della|dello|von|vom|im|da|do|van)$/;
const denials = new Phrases({ denial: lexicon.denials });
const wholes: Readonly<Record<string, readonly string[]>> = wordings.partsOfSides;
const longest = 4;

/** Forms with a joint; none where an option has one of its own, a number or a denial. */
export function reorderedForms(words: readonly Word[]): string[] {
  const parts = words.flatMap(({ text }) => (articles.has(text) ? [] : text.split('_')));
  const plain = parts.every((part) => /^\p{L}{2,}$/u.test(part) && !ofs.test(part));
  if (parts.length < 2 || parts.length > longest || !plain || denials.within(words)) return [];
  if (words.some(({ boundary }, i) => i > 0 && boundary !== 'none')) return [];
  const head = parts.at(-1) ?? '';
  const rest = parts.slice(0, -1);
  const forms = [[head, joint, ...rest]];
  if (rest.length === 2 && rest.every((part) => directionWords.has(part)))
    for (const whole of wholes[head] ?? [])
      for (const [own = '', side = ''] of [rest, rest.toReversed()])
        forms.push([own, head, joint, side, whole], [side, whole, joint, own, head]);
  return forms.map((form) => form.join(' '));
}

/** First word behind a joint; null where there is none. */
export function afterJoint(words: readonly Word[], at: number): number | null {
  if (words[at]?.boundary === 'clause') return at;
  return ofs.test(words[at]?.text ?? '') && words[at]?.boundary === 'none' ? at + 1 : null;
}

/** Whether a comma that joins is the end of its own clause too: `effusion, pleural thickening` is no pleural effusion. */
export function closesJoint(words: readonly Word[], at: number, end: number): boolean {
  const comma = words.slice(at, end).some(({ boundary }) => boundary === 'clause');
  return !comma || words[end] === undefined || words[end]?.boundary !== 'none';
}
