/** Rows that ask again what was asked before: repeats and contradictions. */
import { normalize } from '../../reward/words/normal-text.js';
import type { Sample } from '../../sample.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { questionIdentity, type AcceptedRow } from './accept-row.js';

/** Leaves out what is asked and answered twice, and every row of a question that has two answers. */
export function withoutRepeats<T extends Sample & { row: AcceptedRow }>(
  samples: readonly T[],
  rejected: Rejection[],
): T[] {
  const groups = Map.groupBy(samples, questionIdentity);
  const reject = ({ row: { file, line } }: T, code: string, reason: string): void => {
    rejected.push({ file, line, code, reason });
  };
  return samples.filter((sample) => {
    const [first, ...others] = groups.get(questionIdentity(sample)) ?? [];
    if (first === undefined || others.length === 0) return true;
    const at = `line ${first.row.line}${first.row.file === sample.row.file ? '' : ` of ${first.row.file}`}`;
    if (others.some(({ answer }) => normalize(answer) !== normalize(first.answer))) {
      const answers = [...new Set([first, ...others].map(({ answer }) => `"${answer}"`))];
      reject(sample, 'answers-contradict', `asks what is answered in two ways: ${answers.slice(0, 4).join(', ')}`);
      return false;
    }
    if (sample === first) return true;
    reject(sample, 'question-repeated', `repeats ${at}`);
    return false;
  });
}
