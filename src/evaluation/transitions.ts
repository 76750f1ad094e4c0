/** Flows between right and wrong from one model to another on the same questions (MedGR², Figure 5). Pure. */
import { z } from 'zod';
import { DataError } from '../errors.js';
import { pairedDifference, pairedDifferenceSchema } from './paired-difference.js';

/** Numbers of questions; together they are `n`. */
export const flowsSchema = z.object({
  n: z.int(),
  /** Both models are right. */
  correctToCorrect: z.int(),
  /** The second puts an error of the first right. */
  wrongToCorrect: z.int(),
  /** The second errs where the first was right. */
  correctToWrong: z.int(),
  wrongToWrong: z.int(),
});
/** Numbers of questions by how two models answered them; together they are `n`. */
export type Flows = z.output<typeof flowsSchema>;

/** The form of transitions.json. */
export const transitionsSchema = z.object({
  first: z.string(),
  second: z.string(),
  overall: flowsSchema,
  byModality: z.record(z.string(), flowsSchema),
  byQuestionType: z.record(z.string(), flowsSchema),
  /** Two-sided: McNemar's exact test over all questions, or its like where several are about one image or patient. */
  pValue: z.number(),
  /** How much better the second is, with an interval; left out in results of earlier versions. */
  paired: pairedDifferenceSchema.optional(),
});
/** Flows between right and wrong from one model to another (MedGR² Figure 5), with a test. */
export type Transitions = z.output<typeof transitionsSchema>;

/** How one model did on one question. */
export interface Outcome {
  id: string;
  correct: boolean;
  modality: string;
  questionType: string;
}

/**
 * Compares two models question by question, joined by id.
 * @param clusterOf Image or patient that a question is about: questions of one are no independent evidence.
 * @throws DataError `answers-not-paired` where the two did not answer the same questions, each once: flows of other questions mean nothing.
 * @example
 * const answered = (correct: boolean): Outcome => ({ id: '1', correct, modality: 'CT', questionType: 'disease diagnosis' });
 * const flows = transitions({ name: 'base', outcomes: [answered(false)] }, { name: 'sft', outcomes: [answered(true)] });
 * flows.overall.wrongToCorrect; // → 1
 */
export function transitions(
  first: { name: string; outcomes: readonly Outcome[] },
  second: { name: string; outcomes: readonly Outcome[] },
  clusterOf: (id: string) => string = (id) => id,
): Transitions {
  const later = new Map(second.outcomes.map((outcome) => [outcome.id, outcome.correct]));
  const known = new Set(first.outcomes.map(({ id }) => id));
  const missing = first.outcomes.find(({ id }) => !later.has(id)) ?? second.outcomes.find(({ id }) => !known.has(id));
  const repeated = known.size !== first.outcomes.length || later.size !== second.outcomes.length;
  if (missing !== undefined || repeated || known.size === 0)
    throw new DataError(
      'answers-not-paired',
      missing === undefined
        ? `${first.name} and ${second.name} have no answers, or several to one question id`
        : `only one of ${first.name} and ${second.name} answered the question ${missing.id}`,
      { remedy: 'Compare models on the same questions, each answered once by both.' },
    );
  const pairs = first.outcomes.map((outcome) => ({ ...outcome, after: later.get(outcome.id) === true }));
  const paired = pairedDifference(
    pairs.map(({ id, correct, after }) => ({ first: correct, second: after, cluster: clusterOf(id) })),
  );
  return {
    first: first.name,
    second: second.name,
    overall: flowsOf(pairs),
    byModality: flowsBy(pairs, ({ modality }) => modality),
    byQuestionType: flowsBy(pairs, ({ questionType }) => questionType),
    pValue: paired.pValue,
    paired,
  };
}

type Pair = Outcome & { after: boolean };

function flowsBy(pairs: readonly Pair[], key: (pair: Pair) => string): Record<string, Flows> {
  const groups = [...Map.groupBy(pairs, key)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(groups.map(([name, group]) => [name, flowsOf(group)]));
}

function flowsOf(pairs: readonly Pair[]): Flows {
  const count = (before: boolean, now: boolean): number =>
    pairs.filter(({ correct, after }) => correct === before && after === now).length;
  return {
    n: pairs.length,
    correctToCorrect: count(true, true),
    wrongToCorrect: count(false, true),
    correctToWrong: count(true, false),
    wrongToWrong: count(false, false),
  };
}
