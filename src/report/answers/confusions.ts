/** What a policy takes for what: for each question type, the true answers with what it said instead. Pure. */
import { inTableOrder, type Sample } from '../../sample.js';

export interface ConfusionRow {
  truth: string;
  asked: number;
  right: number;
  /** Wrong answers, the most frequent first; null is a completion in which no answer was found. */
  instead: { answer: string | null; n: number }[];
}

export interface Confusions {
  questionType: string;
  asked: number;
  right: number;
  /** Those with errors, most of them first; as many as `mostRows`. */
  rows: ConfusionRow[];
  /** True answers with errors that are not among the rows. */
  others: number;
}

/** Free answers are nearly all different: a longer table would be a list of the questions. */
const mostRows = 15;

export function confusionsOf(
  answered: readonly { sample: Pick<Sample, 'questionType' | 'answer'>; predicted: string | null; correct: boolean }[],
): Confusions[] {
  const groups = Map.groupBy(answered, ({ sample }) => sample.questionType);
  return inTableOrder(groups.keys()).map((questionType) => {
    const group = groups.get(questionType as Sample['questionType']) ?? [];
    const rows = [...Map.groupBy(group, ({ sample }) => sample.answer)]
      .map(([truth, asked]): ConfusionRow => {
        const wrong = asked.filter(({ correct }) => !correct);
        const instead = [...Map.groupBy(wrong, ({ predicted }) => predicted)]
          .map(([answer, of]) => ({ answer, n: of.length }))
          .toSorted((a, b) => b.n - a.n);
        return { truth, asked: asked.length, right: asked.length - wrong.length, instead };
      })
      .filter(({ instead }) => instead.length > 0)
      .toSorted((a, b) => b.asked - b.right - (a.asked - a.right));
    return {
      questionType,
      asked: group.length,
      right: group.filter(({ correct }) => correct).length,
      rows: rows.slice(0, mostRows),
      others: Math.max(0, rows.length - mostRows),
    };
  });
}
