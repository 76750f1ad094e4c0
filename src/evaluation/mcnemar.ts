/** McNemar's test between two models that answered the same questions. Pure. */

/** What two models that answered the same questions differ in, and how likely such a difference is by chance. */
export interface McNemar {
  /** Questions that only the first model answered right. */
  onlyFirst: number;
  /** Questions that only the second answered rightly. */
  onlySecond: number;
  /** Two-sided; 1 where the models never differ. */
  pValue: number;
}

/**
 * Exact for every count: twice the binomial tail with p = 1/2 over the questions on which the models differ, at most 1.
 * No large-sample approximation is used; the sum is taken in logarithms and stays right for 100,000 differences.
 * @throws RangeError where the two did not answer as many questions.
 * @example
 * mcnemar([true, false, true], [true, true, true]); // → { onlyFirst: 0, onlySecond: 1, pValue: 1 }
 */
export function mcnemar(first: readonly boolean[], second: readonly boolean[]): McNemar {
  if (first.length !== second.length)
    throw new RangeError(`McNemar's test needs pairs: ${first.length} and ${second.length} answers`);
  const onlyFirst = first.filter((right, i) => right && second[i] === false).length;
  const onlySecond = second.filter((right, i) => right && first[i] === false).length;
  return { onlyFirst, onlySecond, pValue: exactPValue(onlyFirst, onlySecond) };
}

function exactPValue(a: number, b: number): number {
  const n = a + b;
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
