/**
 * What several sampled answers to one question are worth: acc@1, pass@k, majority, best by R_φ. Pure, and exact: no figure
 * depends on the order in which the samples came, or on how a tie is broken.
 */

/** One sampled completion as the answer rules read it. */
export interface SampledAnswer {
  correct: boolean;
  /** Class of the answer; null where none was found. */
  answer: string | null;
  /** R_φ's; null where it was not asked, or could not read the text. */
  score: number | null;
}

/**
 * The probability that at least one of `k` drawn without replacement from `n` samples is right, `correct` of which are: the
 * unbiased estimator of pass@k (Chen et al. 2021, equation 1).
 * @example
 * passAtK(4, 1, 2); // → 0.5
 */
export function passAtK(n: number, correct: number, k: number): number {
  let none = 1;
  for (let drawn = 0; drawn < k; drawn++) none *= Math.max(0, n - correct - drawn) / (n - drawn);
  return 1 - none;
}

/**
 * 1 where the commonest answer is right; a share where several are as common. What could not be read has no vote.
 * @example
 * majority([{ answer: 'CT', correct: true }, { answer: 'CT', correct: true }, { answer: 'MRI', correct: false }]); // → 1
 */
export function majority(answers: readonly Pick<SampledAnswer, 'answer' | 'correct'>[]): number {
  const votes = [...Map.groupBy(answers, ({ answer }) => answer)].filter(([answer]) => answer !== null);
  const most = Math.max(0, ...votes.map(([, group]) => group.length));
  const winners = votes.filter(([, group]) => group.length === most);
  return winners.length === 0 ? 0 : winners.filter(([, [first]]) => first?.correct).length / winners.length;
}

/**
 * The probability that the one with the highest score among `k` drawn without replacement is right; of equal scores each is
 * as likely to be taken. One without a score is taken only where none has one. Null where no sample has a score.
 */
export function bestOfK(answers: readonly Pick<SampledAnswer, 'score' | 'correct'>[], k: number): number | null {
  if (answers.every(({ score }) => score === null)) return null;
  const groups = [...Map.groupBy(answers, ({ score }) => score ?? Number.NEGATIVE_INFINITY)].toSorted(
    ([a], [b]) => b - a,
  );
  const n = answers.length;
  let right = 0;
  let above = 0;
  for (const [, group] of groups) {
    // That none above it is drawn, but one of the group.
    const taken = passAtK(n, above + group.length, k) - passAtK(n, above, k);
    right += (taken * group.filter(({ correct }) => correct).length) / group.length;
    above += group.length;
  }
  return right;
}

/** 2, 4, 8 … up to `n`, and `n` itself. */
export function drawsOf(n: number): number[] {
  const powers: number[] = [];
  for (let k = 2; k < n; k *= 2) powers.push(k);
  return n < 2 ? powers : [...powers, n];
}
