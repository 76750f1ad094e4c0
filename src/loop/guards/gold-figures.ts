/** What one policy's answers to the gold set come to. Pure. */
import { z } from 'zod';
import type { Prediction } from '../../evaluation/answer-questions.js';
import { mean } from '../../mean.js';

/** How often each place among the options was chosen, and how often it should have been. */
const placesSchema = z.array(z.object({ chosen: z.number(), expected: z.number() }));
export type Places = z.output<typeof placesSchema>;

export const goldFiguresSchema = z.object({
  n: z.int(),
  correct: z.int(),
  unparsed: z.int(),
  accuracy: z.number(),
  /** Mean length of a completion, in characters. */
  characters: z.number(),
  /** Mean of R_φ's scores of the completions, not clamped; null where none scored them. */
  reward: z.number().nullable(),
  places: placesSchema,
});
export type GoldFigures = z.output<typeof goldFiguresSchema>;

export type GoldAnswer = Pick<Prediction, 'id' | 'correct' | 'predicted' | 'completion' | 'options' | 'answer'>;

/** @param rewards Of each answer; null where R_φ could not read it, or none was asked. */
export function goldFigures(answers: readonly GoldAnswer[], rewards: readonly (number | null)[]): GoldFigures {
  const n = answers.length;
  const correct = answers.filter((answer) => answer.correct).length;
  const scored = rewards.filter((reward) => reward !== null);
  return {
    n,
    correct,
    unparsed: answers.filter(({ predicted }) => predicted === null).length,
    accuracy: n === 0 ? 0 : correct / n,
    characters: mean(answers.map(({ completion }) => completion.length)) ?? 0,
    reward: mean(scored),
    places: placesOf(answers),
  };
}

/** Over the questions with options whose answer was read as one of them. */
function placesOf(answers: readonly GoldAnswer[]): Places {
  const read = answers.flatMap(({ predicted, options, answer }) => {
    const [chosen, right] = [options.indexOf(predicted ?? ''), options.indexOf(answer)];
    return chosen === -1 || right === -1 ? [] : [{ chosen, right }];
  });
  const most = Math.max(0, ...read.map(({ chosen, right }) => Math.max(chosen, right) + 1));
  return Array.from({ length: most }, (_, place) => ({
    chosen: read.filter(({ chosen }) => chosen === place).length,
    expected: read.filter(({ right }) => right === place).length,
  }));
}
