/** From a request body to the teacher's answer: reads the prompt, asks the book, applies the lasting fault. */
import { messageOf } from '../../errors.js';
import { questionTypesOfPrompt, strategyOfPrompt } from '../../prompts/generator-prompt.js';
import { contextOfPrompt } from '../../prompts/generator-templates.js';
import { judgedOfPrompt, type JudgedPrompt } from '../../prompts/judging/judge-prompt.js';
import type { JudgeBook, TeacherBook } from './teacher-book.js';
import { lastingFault, malformed, type FaultRates, type LastingFault } from './planned-faults.js';
import type { Wire, WireRequest } from './wire.js';

export interface Answer {
  status: number;
  body: object;
  headers?: Record<string, string> | undefined;
  /** sha256 of model and body: what makes two requests the same. */
  contentKey: string;
  outcome?: LastingFault | 'unknown' | undefined;
}

export interface Question {
  wire: Wire;
  contentKey: string;
  book: TeacherBook;
  judge: JudgeBook | undefined;
  faults: FaultRates;
  seed: number;
}

export function answerRequest(question: Question, body: string, model: string): Answer {
  const { wire, contentKey } = question;
  try {
    return answerRead(question, wire.read(body, model));
  } catch (thrown) {
    const message = `Not a ${wire.name} request: ${messageOf(thrown)}`;
    return { status: 400, ...wire.error(400, message), contentKey };
  }
}

export function answerRead({ wire, contentKey, book, judge, faults, seed }: Question, request: WireRequest): Answer {
  const refuse = (message: string): Answer => ({ status: 400, ...wire.error(400, message), contentKey });
  if (request.imageHash === null) return refuse('The request has no inline image.');
  const known = repliesTo(request, request.imageHash, { book, judge });
  if (known === null) return refuse('The simulated teacher reads only the prompts that medgr2 writes.');
  const fault = lastingFault(faults, seed, contentKey);
  if (fault === 'blocked') return { status: 200, body: wire.blocked(request), contentKey, outcome: fault };
  if (fault === 'empty' || known === '') {
    const outcome = fault ?? 'unknown';
    return { status: 200, body: wire.text(request, '', 'complete'), contentKey, outcome };
  }
  const text =
    fault === 'malformed'
      ? malformed(known, seed, contentKey)
      : fault === 'truncated'
        ? known.slice(0, Math.ceil(known.length / 2))
        : known;
  const ending = fault === 'truncated' ? 'truncated' : 'complete';
  return { status: 200, body: wire.text(request, text, ending), contentKey, outcome: fault ?? undefined };
}

/** JSON of samples or of a verdict; empty where nothing is known of the image, null for a prompt of other making. */
function repliesTo(
  { system, prompt }: WireRequest,
  imageHash: string,
  { book, judge }: Pick<Question, 'book' | 'judge'>,
): string | null {
  const judged = judge === undefined ? null : judgedOfPrompt(system, prompt);
  if (judge !== undefined && judged !== null) {
    const isRight = judge({ imageHash, sample: judged.sample });
    return isRight === null ? '' : JSON.stringify(verdictOf(judged, isRight));
  }
  const strategy = strategyOfPrompt(system);
  const questionTypes = questionTypesOfPrompt(prompt);
  if (strategy === null || questionTypes === null) return null;
  const shown = { imageHash, strategy, report: contextOfPrompt(prompt) };
  const known = questionTypes.flatMap((questionType) => book.reply({ ...shown, questionType }) ?? []);
  if (known.length === 0) return '';
  return JSON.stringify(questionTypes.length === 1 ? known[0] : { samples: known });
}

/** What is wrong does not agree with the image, by whatever gate of a rubric says so, and has half of the points. */
function verdictOf({ gates, points }: JudgedPrompt, isRight: boolean): object {
  const failing = gates.find((gate) => gate.includes('image')) ?? gates[0];
  return {
    reason: isRight ? 'The image shows it.' : 'The image shows something else.',
    ...Object.fromEntries(gates.map((gate) => [gate, isRight || gate !== failing ? 'yes' : 'no'])),
    ...Object.fromEntries(points.map(({ name, most }) => [name, isRight ? most : Math.floor(most / 2)])),
  };
}
