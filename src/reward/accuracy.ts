/** The rule rewards for accuracy of the two GRPO papers that MedGR² builds on. Values are in [0, 1]. */
import { extract, isCorrect, type Key } from './extract.js';
import { answerBlock } from './format.js';
import { comparable } from './text.js';

/** Med-R1: 1 for the right answer, else 0. */
export function medR1Accuracy(completion: string, sample: Key): 0 | 1 {
  return isCorrect(completion, sample) ? 1 : 0;
}

/**
 * MedVLM-R1: 1 where the answer block holds exactly the right letter (or the right option's words), 0.5 where it opens
 * with the right letter and says more, else 0. For an open question: 1 for the right answer, else 0.
 */
export function medVlmR1Accuracy(completion: string, sample: Key): 0 | 0.5 | 1 {
  const block = answerBlock(completion);
  if (block === null || !isCorrect(completion, sample)) return 0;
  const { answer } = extract(completion, sample.options, 'either', sample.question);
  if (sample.options.length === 0 || comparable(block) === comparable(answer ?? '')) return 1;
  // A letter alone, whatever its marks: `B`, `(b)`, `**B**`.
  if (/^[^\p{L}\p{N}]*\p{L}[^\p{L}\p{N}]*$/u.test(block)) return 1;
  const [, letter = ''] = /^\W*([A-Za-z])(?![\p{L}\p{N}'’])/u.exec(block) ?? [];
  return letter !== '' && optionAt(letter, sample.options) === answer ? 0.5 : 0;
}

const optionAt = (letter: string, options: readonly string[]): string | undefined =>
  options[letter.toUpperCase().charCodeAt(0) - 65];
