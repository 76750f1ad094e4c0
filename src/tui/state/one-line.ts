/** Texts of samples as a panel counts on them: line ends within would push rows out of it. */
import type { AnsweredQuestion, NewestSample } from '../../loop/run-events.js';

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
const orNull = (text: string | null): string | null => (text === null ? null : oneLine(text));

export const sampleOnOneLine = (sample: NewestSample): NewestSample => ({
  ...sample,
  question: oneLine(sample.question),
  answer: oneLine(sample.answer),
});

export const answeredOnOneLine = ({ sample, before, now, ...rest }: AnsweredQuestion): AnsweredQuestion => ({
  ...rest,
  sample: sampleOnOneLine(sample),
  before: orNull(before),
  now: orNull(now),
});
