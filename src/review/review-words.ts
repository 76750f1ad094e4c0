/** What a reader is told: verdicts with their keys, why a sample is shown, figures. */
import { fixed, percent, percentPair } from '../format.js';
import type { Estimate, ReviewReason, VerdictKind } from './review-messages.js';

export const verdictWords: Readonly<Record<VerdictKind, { key: string; label: string; done: string; hint: string }>> = {
  accept: { key: 'a', label: 'Accept', done: 'Accepted', hint: 'question, answer and rationale are right' },
  'wrong-answer': { key: 'w', label: 'Wrong answer', done: 'Wrong answer', hint: 'you are asked for the right one' },
  'bad-question': { key: 'q', label: 'Bad question', done: 'Bad question', hint: 'unclear, or not about this image' },
  'bad-rationale': {
    key: 'r',
    label: 'Bad rationale',
    done: 'Bad rationale',
    hint: 'the answer is right, its reasons are not',
  },
  'unusable-image': { key: 'i', label: 'Unusable image', done: 'Unusable image', hint: 'nothing can be said from it' },
  skip: { key: 's', label: 'Skip', done: 'Skipped', hint: 'no verdict; it can be judged later' },
};

export const reasonWords: Readonly<Record<ReviewReason, string>> = {
  'random-accepted': 'Drawn at random from the accepted samples, to estimate their precision',
  'random-rejected': 'Drawn at random from the rejected samples, to estimate what the filter loses',
  disagreement: 'Reward model, generator and policy disagree about it',
  'near-threshold': 'Its score lies close to the threshold of acceptance',
  'thin-stratum': 'Few samples of this modality and question type were judged',
};

/** Rewards go from -6 to 10. */
export const scoreText = (score: number): string => withSign(fixed(score, 1));

/** @param isShare κ is none. */
export const estimateText = ({ value, low, high }: Estimate, isShare: boolean): string =>
  isShare
    ? `${percent(value)} (95 % interval ${percentPair(low, high, ' to ')})`
    : `${signed(value)} (95 % interval ${signed(low)} to ${signed(high)})`;

const signed = (value: number): string => withSign(fixed(value, 2));

/** What is rounded to zero has no sign. */
const withSign = (figure: string): string =>
  Number(figure) === 0 ? figure.replace('-', '') : figure.replace('-', '−');

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Errors begin small and end without a full stop, as a line of a terminal has them. */
export const sentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
