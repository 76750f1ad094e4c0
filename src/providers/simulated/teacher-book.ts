/**
 * What a simulated teacher knows: one prepared reply for each image, strategy and question type.
 * The book decides what is right and what is wrong (its errors are systematic); the server only speaks the protocol.
 */
import type { JudgedSample } from '../../prompts/judging/judge-prompt.js';
import type { QuestionType, Strategy } from '../../sample.js';

/** What the server could read out of one request. */
export interface TeacherRequest {
  /** sha256 of the image's bytes, hex. */
  imageHash: string;
  strategy: Strategy;
  questionType: QuestionType;
  /** Report or caption that the prompt shows beside the image; left out where it shows none. */
  report?: string | undefined;
}

/** What the teacher says, right or wrong; the server writes it as the JSON reply of the model. */
export interface TeacherReply {
  question: string;
  /** Empty for an open question. */
  options: string[];
  /** The answer in words; one of `options` where there are any. */
  answer: string;
  rationale: string;
  questionType: QuestionType;
}

/** What a simulated judge says of a sample about an image: right or wrong; null where it knows nothing of it. */
export type JudgeBook = (judged: { imageHash: string; sample: JudgedSample }) => boolean | null;

export interface TeacherBook {
  /**
   * Must be deterministic: the same request gives the same reply, in this process and in the next.
   * Returns null where the book has nothing to say about this image; the server then sends an empty reply.
   */
  reply(request: TeacherRequest): TeacherReply | null;
}
