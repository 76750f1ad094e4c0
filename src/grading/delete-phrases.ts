/** Grade 0: a response whose rationale has lost random phrases, so that it no longer hangs together. */
import type { Random } from '../random.js';
import type { Sample } from '../sample.js';
import { renderResponse } from '../prompts/policy-prompt.js';
import { replaceRanges, wordsOf, type Replacement } from './rationale-words.js';

/** Share of the words that is deleted. */
const [leastShare, mostShare] = [0.3, 0.5];
const longestPhrase = 4;

/**
 * The response with 30 to 50 % of the rationale's words deleted in contiguous phrases, two words at least. In half of
 * the cases the answer block stays; otherwise it is missing or cut short. Null where the rationale is too short to
 * delete from.
 */
export function deletePhrases(sample: Pick<Sample, 'rationale' | 'answer'>, random: Random): string | null {
  const rationale = withoutPhrases(sample.rationale, random);
  if (rationale === null) return null;
  const whole = renderResponse({ rationale, answer: sample.answer });
  const thinking = whole.slice(0, whole.indexOf('<answer>'));
  const fate = random.next();
  if (fate < 0.5) return whole;
  if (fate < 0.75) return thinking;
  return `${thinking}<answer>${sample.answer.slice(0, random.int(sample.answer.length))}`.trimEnd();
}

function withoutPhrases(text: string, random: Random): string | null {
  const words = wordsOf(text);
  if (words.length < 3) return null;
  const share = leastShare + (mostShare - leastShare) * random.next();
  const goal = Math.max(2, Math.round(share * words.length));
  const deleted = new Set<number>();
  while (deleted.size < goal) {
    const length = Math.min(1 + random.int(longestPhrase), goal - deleted.size);
    const start = random.int(words.length - length + 1);
    for (let i = start; i < start + length; i++) deleted.add(i);
  }
  const ranges = [...deleted].flatMap((i): Replacement[] => {
    const [word, before] = [words[i], words[i - 1]];
    // With the blanks or marks before it, unless those follow a word that stays at the start of the text.
    return word === undefined ? [] : [{ start: before?.end ?? 0, end: word.end, text: '' }];
  });
  const rest = replaceRanges(text, ranges)
    .replace(/\s+/g, ' ')
    .replace(/^[\s,;:.]+/, '')
    .trim();
  return rest === '' || rest === text.trim() ? null : rest;
}
