/** A reader who knows the truth and says the wrong thing now and then. Pure. */
import { answersMatch } from '../../../src/reward/reading/extract.js';
import type { Sample } from '../../../src/sample.js';
import type { QueueItem } from '../../../src/evaluation/verdicts/queue-design.js';
import type { Verdict } from '../../../src/evaluation/verdicts/reader-verdict.js';
import type { Random } from '../../../src/random.js';

export type Judgement = Pick<Verdict, 'verdict' | 'correctedAnswer'>;

/** @param judge What the reader says of a sample. */
export const simulatedVerdicts = (items: readonly QueueItem[], judge: (id: string) => Judgement): Verdict[] =>
  items.map(({ id, why, probability }, at) => ({
    id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    item: id,
    reader: 'simulated',
    ...judge(id),
    at: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    scoreSeen: false,
    strategy: why,
    probability,
  }));

/** Accepts what is true and corrects what is not; erring, accepts what is not true and puts another option in the place of what is. */
export function judgeSample(
  { answer, options }: Sample,
  truth: string | null,
  errs: boolean,
  random: Random,
): Judgement {
  if (truth === null) return { verdict: errs ? 'accept' : 'bad-question' };
  const isRight = (option: string): boolean => answersMatch(option, truth, options);
  if (isRight(answer) !== errs) return { verdict: 'accept' };
  const others = options.filter((option) => (errs ? option !== answer : isRight(option)));
  return { verdict: 'wrong-answer', ...(others.length === 0 ? {} : { correctedAnswer: random.pick(others) }) };
}
