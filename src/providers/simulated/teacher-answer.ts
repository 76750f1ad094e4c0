/** From a request body to the teacher's answer: reads the prompt, asks the book, applies the lasting fault. */
import { messageOf } from '../../errors.js';
import { questionTypesOfPrompt, strategyOfPrompt } from '../../prompts/generator-prompt.js';
import { contextOfPrompt } from '../../prompts/generator-templates.js';
import type { TeacherBook } from './teacher-book.js';
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

export function answerRead({ wire, contentKey, book, faults, seed }: Question, request: WireRequest): Answer {
  const refuse = (message: string): Answer => ({ status: 400, ...wire.error(400, message), contentKey });
  const strategy = strategyOfPrompt(request.system);
  const questionTypes = questionTypesOfPrompt(request.prompt);
  if (request.imageHash === null) return refuse('The request has no inline image.');
  if (strategy === null || questionTypes === null) {
    return refuse('The simulated teacher reads only the prompts that medgr2 writes.');
  }
  const fault = lastingFault(faults, seed, contentKey);
  if (fault === 'blocked') return { status: 200, body: wire.blocked(request), contentKey, outcome: fault };
  const { imageHash } = request;
  const shown = { imageHash, strategy, report: contextOfPrompt(request.prompt) };
  const known = questionTypes.flatMap((questionType) => book.reply({ ...shown, questionType }) ?? []);
  if (fault === 'empty' || known.length === 0) {
    const outcome = fault ?? 'unknown';
    return { status: 200, body: wire.text(request, '', 'complete'), contentKey, outcome };
  }
  const json = JSON.stringify(questionTypes.length === 1 ? known[0] : { samples: known });
  const text =
    fault === 'malformed'
      ? malformed(json, seed, contentKey)
      : fault === 'truncated'
        ? json.slice(0, Math.ceil(json.length / 2))
        : json;
  const ending = fault === 'truncated' ? 'truncated' : 'complete';
  return { status: 200, body: wire.text(request, text, ending), contentKey, outcome: fault ?? undefined };
}
