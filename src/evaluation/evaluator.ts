/** What says whether a policy's answers are right: the rules that rewards go by, too, or a person's own. */
import type { Part } from '../config/part.js';
import type { Sample } from '../sample.js';
import { judgeAnswer, type EvaluationReading } from './answer-report.js';

/** What a policy said to a question. */
export interface GivenAnswer {
  sample: Sample;
  /** The whole response. */
  completion: string;
  /** False where the length ran out. */
  finished: boolean;
}

/** What an evaluator says of an answer. */
export interface Judgement {
  /** The answer as it was read; null where none was found, which counts as unread and as wrong. */
  predicted: string | null;
  correct: boolean;
}

/**
 * Judges answers to the test questions and to the gold set, by which policies are compared and promoted.
 * @example
 * const verbatim: Evaluator = {
 *   name: 'verbatim',
 *   version: '1',
 *   judge: (answers) =>
 *     answers.map(({ sample, completion }) => ({ predicted: completion, correct: completion.includes(sample.answer) })),
 * };
 */
export interface Evaluator extends Part {
  /** One judgement per answer, in order. */
  judge(
    answers: readonly GivenAnswer[],
    context: { signal: AbortSignal },
  ): readonly Judgement[] | Promise<readonly Judgement[]>;
}

/** The extraction rule of reward and evaluation (`evaluation.reading`). */
export function answerReader(reading: EvaluationReading): Evaluator {
  return {
    name: 'reader',
    version: reading,
    judge: (answers) =>
      answers.map(({ sample, completion }) => {
        const { found, correct } = judgeAnswer({ ...sample, completion, dataset: sample.provenance.model }, reading);
        return { predicted: found, correct };
      }),
  };
}
