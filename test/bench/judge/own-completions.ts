/** How well scores tell right completions from wrong ones. Pure. */
import { pairwiseAccuracy } from '../../../src/evaluation/answer-metrics.js';
import { auroc } from '../../../src/evaluation/auroc.js';

export interface Judgement {
  question: string;
  right: boolean;
  score: number;
}

export interface OwnCompletions {
  /** Share that is right. */
  right: number;
  /** Right over wrong, of all questions together; null where all are right, or none. */
  auroc: number | null;
  /** Right over wrong within a question; null where no question has both. */
  pairs: number | null;
  /** Share of questions whose best-scored completion is right. */
  best: number;
}

export function judgeOwnCompletions(judged: readonly Judgement[]): OwnCompletions {
  const groups = [...Map.groupBy(judged, ({ question }) => question).values()];
  const best = groups.map((group) => group.reduce((top, one) => (one.score > top.score ? one : top)));
  return {
    right: judged.filter(({ right }) => right).length / judged.length,
    auroc: auroc(
      judged.map(({ score }) => score),
      judged.map(({ right }) => right),
    ),
    pairs: pairwiseAccuracy(
      judged.map(({ question, right, score }) => ({ group: question, grade: Number(right), score })),
    ),
    best: best.filter(({ right }) => right).length / groups.length,
  };
}
