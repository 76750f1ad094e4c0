/** What is asked of a generator for one task, and the content address by which its reply is found again. Pure. */
import type { z } from 'zod';
import type { StructuredOutput } from '../../config/asking/asked-providers.js';
import { sha256 } from '../../hash.js';
import type { ImageContext } from '../../dataset/sources/data-source.js';
import { promptStrategies, type PromptStrategy } from '../../prompts/prompt-strategy.js';
import { ConfigError } from '../../errors.js';
import type { GeneratorPrompt } from '../../prompts/generator-prompt.js';
import { replySchemaOf } from '../../prompts/parse.js';
import type { Modality, QuestionType, Sample } from '../../sample.js';

/** One image to be asked about in one way; ends as a sample or as a recorded reason. */
export interface GenerationTask {
  /** Absolute path, or relative to the generation's `root`. */
  image: string;
  /** sha256 of the image file's bytes, hex. */
  imageHash: string;
  modality: Modality;
  /** Name of a strategy. */
  strategy: string;
  questionType: QuestionType;
  /** Of all questions asked at once, where they are several; the first is `questionType`. */
  questionTypes?: readonly QuestionType[] | undefined;
  /** False: the image stays on this machine, whatever the provider. */
  deidentified?: boolean | undefined;
  /** Report or caption of the image, shown to the generator beside it. */
  context?: ImageContext | undefined;
}

/** Tasks by their place: an array, or a list that makes each when it is asked for, so that a million need not be held. */
export interface TaskList {
  readonly length: number;
  at(index: number): GenerationTask | undefined;
}

/** What a request says beside image and prompt. */
export interface RequestParameters {
  /** Name of the provider: the same model name may mean another model elsewhere. */
  provider: string;
  model: string;
  temperature: number;
  maxOutputTokens: number;
  /** How the provider holds replies to their structure: a weaker way gives other replies. */
  structuredOutput: StructuredOutput;
  /** What else changes replies; undefined where nothing is set. */
  settings?: Readonly<Record<string, unknown>> | undefined;
}

export interface PreparedRequest {
  task: GenerationTask;
  system: string;
  prompt: string;
  imageAt: number;
  /** sha256 of system and prompt, hex: recorded in each sample's provenance. */
  promptHash: string;
  maxOutputTokens: number;
  /** The structure that the reply must have. */
  responseSchema: z.ZodType;
  /** Content address of the request, sha256 hex. */
  key: string;
  /** Of the samples that it is about, one for each outcome: they stand in reports, too. */
  ids: readonly string[];
}

/**
 * The response schema and the base URL are no part of the key: the first only shapes what the prompt asks for, so that
 * a better parser needs no new requests; the second changes with each start of a loopback server.
 */
export function prepareRequest(
  task: GenerationTask,
  exemplars: readonly Sample[],
  parameters: RequestParameters,
  strategies: readonly PromptStrategy[] = [],
): PreparedRequest {
  const { modality, questionType, questionTypes, context } = task;
  const asked = { modality, questionType, questionTypes, exemplars, context: context?.text };
  // Each sample may be as long as one alone.
  const maxOutputTokens = parameters.maxOutputTokens * typesOf(task).length;
  const { system, prompt, imageAt = 0 } = strategyNamed(task.strategy, strategies).prompt(asked);
  const types = typesOf(task);
  const request = addressed(task, { system, prompt, imageAt }, { ...parameters, maxOutputTokens });
  const ids = types.map((_, place) => (types.length === 1 ? request.key.slice(0, 16) : laterId(request, place)));
  return { ...request, responseSchema: replySchemaOf(types.length), ids };
}

function strategyNamed(name: string, strategies: readonly PromptStrategy[]): PromptStrategy {
  const known = [...strategies, ...Object.values(promptStrategies)];
  const found = known.find((strategy) => strategy.name === name);
  if (found !== undefined) return found;
  throw new ConfigError('strategy-unknown', `no prompt strategy is named ${name}`, {
    remedy: `Give one of ${known.map((strategy) => strategy.name).join(', ')}, or a strategy of that name.`,
  });
}

/** What is said of a task, with the address under which its reply is found again. */
export function addressed(
  task: GenerationTask,
  said: GeneratorPrompt,
  parameters: RequestParameters,
): Omit<PreparedRequest, 'responseSchema' | 'ids'> {
  const { maxOutputTokens } = parameters;
  const promptHash = sha256(`${said.system}\u0000${said.prompt}`);
  return { task, ...said, promptHash, maxOutputTokens, key: keyOf({ task, ...said }, parameters) };
}

/** The id of one of several samples, or of one that nobody asked for. */
export const laterId = ({ key }: Pick<PreparedRequest, 'key'>, place: number): string =>
  sha256(`${key} ${place}`).slice(0, 16);

/** The same request with room for a longer reply: another reply, but of the same task. */
export function longerRequest(
  request: PreparedRequest,
  maxOutputTokens: number,
  parameters: RequestParameters,
): PreparedRequest {
  return { ...request, maxOutputTokens, key: keyOf(request, { ...parameters, maxOutputTokens }) };
}

function keyOf(
  { task, system, prompt }: Pick<PreparedRequest, 'task' | 'system' | 'prompt'>,
  { provider, model, temperature, maxOutputTokens, structuredOutput, settings }: RequestParameters,
): string {
  const content: unknown[] = [task.imageHash, system, prompt, provider, model, temperature, maxOutputTokens];
  // Left out where it is the usual one, so that replies of earlier versions are found.
  if (structuredOutput !== 'json-schema') content.push(structuredOutput);
  if (settings !== undefined) content.push(settings);
  return sha256(JSON.stringify(content));
}

/** What a task asks for, one question type for each sample. */
export const typesOf = ({ questionType, questionTypes }: GenerationTask): readonly QuestionType[] =>
  questionTypes ?? [questionType];

export type ExemplarChoice = (task: GenerationTask) => readonly Sample[];

/**
 * Up to `count` exemplars of the task's question type, those of its modality first, else in the order given (best
 * first). Never one about the task's own image: it would give the answer away.
 */
export function chooseExemplars(exemplars: readonly Sample[], count: number): ExemplarChoice {
  return (task) => {
    const others = exemplars.filter(
      ({ questionType, imageHash }) => typesOf(task).includes(questionType) && imageHash !== task.imageHash,
    );
    const same = others.filter((exemplar) => exemplar.modality === task.modality);
    const rest = others.filter((exemplar) => exemplar.modality !== task.modality);
    return [...same, ...rest].slice(0, count);
  };
}
