/** A question that labels could answer, before it is chosen and put into words. */
import type { QuestionType } from '../../sample.js';
import type { ClassName } from '../labels/class-names.js';
import type { LabelKind } from '../labels/label-set.js';
import type { Ask } from './question-wording.js';

/** How the options come about. */
export type DraftOptions =
  | { how: 'yes-no' }
  /** The answer and some of these, in any order. */
  | { how: 'some'; others: () => readonly string[] }
  /** Numbers around the answer, rising. */
  | { how: 'numbers'; step: number };

export interface Draft {
  ask: Ask;
  kind: LabelKind | 'healthy';
  questionType: QuestionType;
  /** The class that it asks about by name. */
  name: ClassName | null;
  /** What its answers are compared within, such as the class: one that is always answered alike teaches nothing. */
  about: string;
  /** In words. */
  answer: string;
  options: DraftOptions;
  /** The label that it stands on. */
  basis: string;
}

/** Questions that are one but for the answer. */
export const questionKey = ({ ask, about }: Draft): string => `${ask}\n${about}`;
export const answerKey = (draft: Draft): string => `${questionKey(draft)}\n${draft.answer}`;
