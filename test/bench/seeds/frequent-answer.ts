/** The best that can be done without looking: of the options, the one that trusted samples answer such a question by most often. */
import { normalize } from '../../../src/reward/words/normal-text.js';
import type { Sample } from '../../../src/sample.js';

/** @returns Accuracy on the test questions, in [0, 1]. Questions in new words are answered by their type. */
export function frequentAnswers(trusted: readonly Sample[], test: readonly Sample[]): number {
  const counts = new Map<string, number>();
  const keysOf = ({ question, questionType }: Sample): [string, string] => [normalize(question), questionType];
  const add = (key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const sample of trusted) for (const key of keysOf(sample)) add(`${key}\n${sample.answer}`);
  const right = test.filter((sample) => {
    const [own, type] = keysOf(sample);
    const rank = (option: string): number =>
      (counts.get(`${own}\n${option}`) ?? 0) + (counts.get(`${type}\n${option}`) ?? 0) / (trusted.length + 1);
    const best = sample.options.toSorted((a, b) => rank(b) - rank(a))[0];
    return best === sample.answer;
  });
  return test.length === 0 ? 0 : right.length / test.length;
}
