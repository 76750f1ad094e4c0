/** From a generateContent body to the teacher's answer: reads the prompt, asks the book, applies the lasting fault. */
import { messageOf } from '../../errors.js';
import { questionTypeOfPrompt, strategyOfPrompt } from '../../prompts/generator.js';
import type { TeacherBook } from './book.js';
import { lastingFault, malformed, type FaultRates, type LastingFault } from './faults.js';
import { blockedReply, errorBody, readRequest, textReply, type WireRequest } from './wire.js';

export interface Answer {
  status: number;
  body: object;
  /** sha256 of model and body: what makes two requests the same. */
  contentKey: string;
  outcome?: LastingFault | 'unknown' | undefined;
}

export interface Question {
  body: string;
  model: string;
  contentKey: string;
  book: TeacherBook;
  faults: FaultRates;
  seed: number;
}

export function answerRequest({ body, model, contentKey, book, faults, seed }: Question): Answer {
  let request: WireRequest;
  try {
    request = readRequest(body);
  } catch (thrown) {
    return refuse(contentKey, `Not a generateContent request: ${messageOf(thrown)}`);
  }
  const strategy = strategyOfPrompt(request.system);
  const questionType = questionTypeOfPrompt(request.prompt);
  if (request.imageHash === null) return refuse(contentKey, 'The request has no inline image.');
  if (strategy === null || questionType === null) {
    return refuse(contentKey, 'The simulated teacher reads only the prompts that medgr2 writes.');
  }
  const fault = lastingFault(faults, seed, contentKey);
  if (fault === 'blocked') return { status: 200, body: blockedReply(request, model), contentKey, outcome: fault };
  const reply = fault === 'empty' ? null : book.reply({ imageHash: request.imageHash, strategy, questionType });
  if (reply === null) {
    const outcome = fault ?? 'unknown';
    return { status: 200, body: textReply(request, model, '', 'STOP'), contentKey, outcome };
  }
  const json = JSON.stringify(reply);
  const text =
    fault === 'malformed'
      ? malformed(json, seed, contentKey)
      : fault === 'truncated'
        ? json.slice(0, Math.ceil(json.length / 2))
        : json;
  const finish = fault === 'truncated' ? 'MAX_TOKENS' : 'STOP';
  return { status: 200, body: textReply(request, model, text, finish), contentKey, outcome: fault ?? undefined };
}

function refuse(contentKey: string, message: string): Answer {
  return { status: 400, body: errorBody(400, 'INVALID_ARGUMENT', message), contentKey };
}
