/**
 * Answers that are numbers where options are words: places counted from 0 or from 1. A whole file shows which, or a person says;
 * where neither does, nothing is guessed.
 */
import { areYesAndNo, byYesOrNo, placeWritten } from './expert-label.js';
import type { QuestionFields } from './question-row.js';

/** From which number places are counted. */
export type AnswerStart = 0 | 1;

export interface NumberAnswers {
  /** Null where no answer is a place, or it cannot be told. */
  start: AnswerStart | null;
  /** The option whose place is given; `unknown` where it cannot be told, null where the label is no place. */
  optionOf(fields: QuestionFields): string | null;
}

type Labelled = QuestionFields & { answer: string };

export function numberAnswers(rows: readonly QuestionFields[], said: AnswerStart | null): NumberAnswers {
  const labelled = rows.filter((row): row is Labelled => typeof row.answer === 'string' && row.options.length > 1);
  const numbers = labelled.filter(isPlace);
  // Words or letters beside them: then a number is a label like others.
  const all = numbers.length > 0 && labelled.every((row) => /^\d+$/.test(row.answer));
  const start = !all ? null : (said ?? startOf(numbers));
  return {
    start,
    optionOf: (row) => {
      const { answer, options } = row;
      if (typeof answer !== 'string' || options.length < 2 || !isPlace({ ...row, answer })) return null;
      const place = start === null ? 'unknown' : (options[Number(answer) - start] ?? null);
      if (!areYesAndNo(options)) return all ? place : null;
      // 1 is Yes, unless the file counts places; there both readings have to agree.
      const truth = byYesOrNo(answer, options);
      if (!all || numbers.every((one) => areYesAndNo(one.options))) return said === null ? truth : place;
      return said !== null || place === truth ? place : 'unknown';
    },
  };
}

/** A whole number that is no option itself. */
function isPlace({ answer, options, written }: Labelled): boolean {
  // Numbers that are written before options say which is which.
  if (written.some((text, index) => text !== options[index]) && placeWritten(answer, written) !== -1) return false;
  return /^\d+$/.test(answer) && !options.some((option) => option !== null && Number(option) === Number(answer));
}

/** By what is seen: a 0 is a place from 0 only, the number of options one from 1 only. */
function startOf(rows: readonly Labelled[]): AnswerStart | null {
  const counted = rows.filter(({ options }) => !areYesAndNo(options));
  const zero = counted.some(({ answer }) => Number(answer) === 0);
  const last = counted.some(({ answer, options }) => Number(answer) === options.length);
  return zero === last ? null : zero ? 0 : 1;
}
