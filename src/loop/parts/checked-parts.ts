/** Parts of a person's own behind a check: what they throw names them, what they return is looked at, what they get is frozen. */
import { Medgr2Error, messageOf, RunError } from '../../errors.js';
import type { Evaluator } from '../../evaluation/evaluator.js';
import type { GradedText, Grader } from '../../grading/index.js';
import { identityOf, type Part } from '../../config/part.js';
import type { PromptStrategy } from '../../prompts/prompt-strategy.js';
import { finishReasons, usageSchema, type ProviderReply } from '../../providers/provider.js';
import { highestGrade, lowestGrade } from '../../reward/ready-made-rewards.js';
import { untilAborted } from '../../reward/reward-time-limit.js';
import type { OwnProvider, SampleFilter } from './loop-parts.js';

/** `filter "strict"`, as errors name a part. */
const titleOf = (kind: string, { name }: Part): string => `the ${kind} "${name}"`;

interface Call {
  kind: string;
  part: Part;
  /** What it was asked about: ` for sample 12ab`; empty where there is nothing to name. */
  about?: string;
  where?: string | undefined;
  /** Hears once of a part that takes long. */
  late?: Late | undefined;
}

/** Hears a line for people. */
export type Late = (message: string) => void;

/** Milliseconds until a person is told what the run waits for. Nothing ends by it: a filter may ask a server, or somebody. */
const patience = 60_000;
const toldOf = new WeakSet<Part>();

const failed = ({ kind, part, about = '', where }: Call, error: unknown): RunError =>
  new RunError('part-failed', `${titleOf(kind, part)} failed${about}: ${messageOf(error)}`, {
    cause: error,
    where,
    remedy: 'Mend it, and give the same command again: what is finished is kept.',
  });

export const wrongResult = ({ kind, part, about = '', where }: Call, problem: string): RunError =>
  new RunError('part-result', `${titleOf(kind, part)} ${problem}${about}`, {
    where,
    remedy: 'Mend it, and give the same command again: what is finished is kept.',
  });

/** @throws RunError `part-failed` that names the part; errors of medgr2 as they are; the signal's reason when it aborts. */
export async function callPart<T>(call: Call, signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
  // It also keeps Node alive, which a promise that never settles does not: the process would end amid the run.
  const waiting = setInterval(() => tellOnce(call), patience);
  try {
    return await untilAborted(async () => work(), signal);
  } catch (error) {
    if (signal.aborted || error instanceof Medgr2Error) throw error;
    throw failed(call, error);
  } finally {
    clearInterval(waiting);
  }
}

function tellOnce({ kind, part, about = '', late }: Call): void {
  if (toldOf.has(part)) return;
  toldOf.add(part);
  late?.(`${titleOf(kind, part)} has given no answer${about} for ${patience / 1000} s; the run waits for it`);
}

/** In place, to the last leaf: a part that changes what it is given is told so, and changes nothing of the run. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(frozen);
  return value;
}

const show = (value: unknown): string =>
  typeof value === 'number' || value === null || value === undefined
    ? String(value)
    : `a value of type ${typeof value}`;

export function checkedFilter(part: SampleFilter, late?: Late): SampleFilter {
  return {
    ...identityOf(part),
    accept: async (sample, context) => {
      const call = { kind: 'filter', part, about: ` for sample ${sample.id}`, where: sample.id, late };
      frozen(context.dataset);
      const accepted: unknown = await callPart(call, context.signal, () => part.accept(frozen(sample), context));
      if (typeof accepted !== 'boolean') throw wrongResult(call, `gave ${show(accepted)} in place of true or false`);
      return accepted;
    },
  };
}

const kindOfText = /^[A-Za-z][\w-]*$/;

export function checkedGrader(part: Grader, late?: Late): Grader {
  return {
    ...identityOf(part),
    grade: async (sample, context) => {
      const call = { kind: 'grader', part, about: ` for sample ${sample.id}`, where: sample.id, late };
      frozen(context.samples);
      const texts: unknown = await callPart(call, context.signal, () => part.grade(frozen(sample), context));
      if (!Array.isArray(texts)) throw wrongResult(call, `gave ${show(texts)} in place of a list of texts`);
      return texts.map((text: Partial<GradedText> | null | undefined) => {
        const { kind, grade, response } = text ?? {};
        if (typeof kind !== 'string' || !kindOfText.test(kind))
          throw wrongResult(call, `gave a text of the kind ${JSON.stringify(kind)}, which is no name`);
        if (typeof grade !== 'number' || !(grade >= lowestGrade && grade <= highestGrade))
          throw wrongResult(call, `gave the grade ${show(grade)}, which is not in [${lowestGrade}, ${highestGrade}],`);
        if (typeof response !== 'string' || response === '')
          throw wrongResult(call, `gave a text of the kind ${kind} without a response`);
        return { kind, grade, response };
      });
    },
  };
}

export function checkedEvaluator(part: Evaluator, late?: Late): Evaluator {
  return {
    ...identityOf(part),
    judge: async (answers, context) => {
      const call = { kind: 'evaluator', part, late };
      const judged: unknown = await callPart(call, context.signal, () => part.judge(frozen(answers), context));
      if (!Array.isArray(judged) || judged.length !== answers.length)
        throw wrongResult(
          call,
          `gave ${Array.isArray(judged) ? `${judged.length} judgements` : show(judged)} for ${answers.length} answers`,
        );
      return judged.map((one: unknown, index) => {
        const { predicted, correct } = (one ?? {}) as { predicted?: unknown; correct?: unknown };
        const about = { ...call, about: ` for sample ${answers[index]?.sample.id}` };
        if (typeof correct !== 'boolean')
          throw wrongResult(about, `gave ${show(correct)} in place of correct: true or false`);
        if (predicted !== null && typeof predicted !== 'string')
          throw wrongResult(about, `gave ${show(predicted)} in place of predicted: a text or null`);
        return { predicted, correct };
      });
    },
  };
}

export function checkedStrategy(part: PromptStrategy): PromptStrategy {
  return {
    ...identityOf(part),
    prompt: (request) => {
      const call = { kind: 'prompt strategy', part };
      let made: unknown;
      try {
        made = part.prompt(frozen(request));
      } catch (error) {
        throw error instanceof Medgr2Error ? error : failed(call, error);
      }
      const { system, prompt, imageAt = 0 } = (made ?? {}) as Partial<Record<string, unknown>>;
      if (typeof system !== 'string' || typeof prompt !== 'string' || prompt === '')
        throw wrongResult(call, 'gave no { system, prompt } of texts');
      if (typeof imageAt !== 'number' || !Number.isInteger(imageAt) || imageAt < 0 || imageAt > prompt.length)
        throw wrongResult(call, `puts the image at ${show(imageAt)}, which is no place in its prompt`);
      return { system, prompt, imageAt };
    },
  };
}

/** Its version is part of what replies are filed under: another version is asked anew. */
export function checkedProvider(part: OwnProvider, late?: Late): OwnProvider {
  const { model, endpoint, capabilities, settings } = part;
  return {
    ...identityOf(part),
    model,
    endpoint,
    capabilities,
    settings: { ...settings, version: part.version },
    complete: async (request) => {
      const call = { kind: 'provider', part, late };
      const signal = request.signal ?? new AbortController().signal;
      // The next try is made of the same request.
      const given = Object.freeze({ ...request, image: Object.freeze({ ...request.image }) });
      return replyOf(call, await callPart(call, signal, () => part.complete(given)));
    },
  };
}

function replyOf(call: Call, reply: unknown): ProviderReply {
  const { text, finish, usage, why, modelVersion } = (reply ?? {}) as Partial<ProviderReply>;
  if (typeof text !== 'string') throw wrongResult(call, `replied with ${show(text)} in place of a text`);
  if (finish === undefined || !finishReasons.includes(finish))
    throw wrongResult(
      call,
      `ended its reply by ${JSON.stringify(finish)}, which is none of ${finishReasons.join(', ')}`,
    );
  if (usage === undefined || (usage !== null && !usageSchema.safeParse(usage).success))
    throw wrongResult(
      call,
      'told no usage: { inputTokens, outputTokens } in whole numbers, or null where it is not known',
    );
  return {
    text,
    finish,
    usage,
    ...(typeof why === 'string' ? { why } : {}),
    ...(typeof modelVersion === 'string' ? { modelVersion } : {}),
  };
}
