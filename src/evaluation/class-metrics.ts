/**
 * Balanced accuracy and F1 over class labels, as scikit-learn defines them. Pure; what cannot be computed is null.
 *
 * Degenerate cases: no rows give null. A label that is never true has no recall and stays out of balanced accuracy, but
 * counts with F1 = 0 in macro F1; so does a label that is never predicted (scikit-learn's `zero_division=0`). One class
 * alone is fine. An unparsed answer (null) is wrong, lowers the recall of the true label, and is no class of its own
 * (scikit-learn: `labels=` without it).
 */

/** Labels as numbers, so that resampling a hundred thousand rows takes no time. */
export interface EncodedLabels {
  /** Every label that is true or predicted somewhere, in order of appearance. */
  classes: string[];
  gold: Int32Array;
  /** -1 where no answer was found. */
  predicted: Int32Array;
}

/** Figures over labels, each in [0, 1]; null where no label counts. */
export interface ClassFigures {
  /** Mean recall over the labels that are true at least once. */
  balancedAccuracy: number | null;
  /** Mean F1 over the labels that are true or predicted at least once. */
  macroF1: number | null;
  /** Mean F1 weighted by how often a label is true. */
  weightedF1: number | null;
}

/** Numbers labels in order of appearance; a prediction of null, where no answer was found, becomes -1. */
export function encodeLabels(gold: readonly string[], predicted: readonly (string | null)[]): EncodedLabels {
  const codes = new Map<string, number>();
  const codeOf = (label: string): number => {
    const known = codes.get(label);
    if (known !== undefined) return known;
    codes.set(label, codes.size);
    return codes.size - 1;
  };
  const encodedGold = Int32Array.from(gold, codeOf);
  const encodedPredicted = Int32Array.from(predicted, (label) => (label === null ? -1 : codeOf(label)));
  return { classes: [...codes.keys()], gold: encodedGold, predicted: encodedPredicted };
}

/**
 * Balanced accuracy and F1 over labels.
 * @param rows Which rows count, each as often as it is named; all of them where left out.
 * @example
 * classFigures(encodeLabels(['a', 'a', 'b'], ['a', null, 'b'])).balancedAccuracy; // → 0.75
 */
export function classFigures({ classes, gold, predicted }: EncodedLabels, rows?: Int32Array): ClassFigures {
  const support = new Float64Array(classes.length);
  const guessed = new Float64Array(classes.length);
  const hits = new Float64Array(classes.length);
  const n = rows?.length ?? gold.length;
  for (let i = 0; i < n; i++) {
    const row = rows === undefined ? i : (rows[i] as number);
    const [truth, guess] = [gold[row] as number, predicted[row] as number];
    support[truth] = (support[truth] as number) + 1;
    if (guess >= 0) guessed[guess] = (guessed[guess] as number) + 1;
    if (guess === truth) hits[truth] = (hits[truth] as number) + 1;
  }
  let [recalls, truths, f1s, labels, weighted] = [0, 0, 0, 0, 0];
  for (const [label, real] of support.entries()) {
    const [said, hit] = [guessed[label] as number, hits[label] as number];
    if (real + said === 0) continue;
    const f1 = (2 * hit) / (real + said);
    labels++;
    f1s += f1;
    weighted += f1 * real;
    if (real === 0) continue;
    truths++;
    recalls += hit / real;
  }
  if (n === 0) return { balancedAccuracy: null, macroF1: null, weightedF1: null };
  return { balancedAccuracy: recalls / truths, macroF1: f1s / labels, weightedF1: weighted / n };
}
