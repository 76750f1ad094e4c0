/** The rule rewards for accuracy of the two GRPO papers that MedGR² builds on. Values are in [0, 1]. */
import type { Sample } from '../sample.js';
import { extract, isCorrect } from './extract.js';
import { answerBlock } from './format.js';
import { optionByText, readLetter } from './options.js';
import { normalize } from './text.js';

type Key = Pick<Sample, 'options' | 'answer'>;

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
  if (sample.options.length === 0 || optionByText(block, sample.options) !== null) return 1;
  const reading = readLetter(block, sample.options);
  if (reading === null || reading.option !== extract(completion, sample.options).answer) return 0;
  return normalize(reading.rest) === '' ? 1 : 0.5;
}
