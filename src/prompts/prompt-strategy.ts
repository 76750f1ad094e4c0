/** Ways to ask a generator for samples: MedGR²'s three, and what one of a person's own has to be. */
import type { Part } from '../config/part.js';
import { strategies, type Strategy } from '../sample.js';
import { buildGeneratorPrompt, type GeneratorPrompt, type GeneratorRequest } from './generator-prompt.js';

/** What is to be asked about one image, whatever the way. */
export type StrategyRequest = Omit<GeneratorRequest, 'strategy'>;

/** What a generator is sent beside the image. */
export interface StrategyPrompt {
  system: string;
  prompt: string;
  /** Where the image stands, in characters of the prompt (default 0: in front of it). */
  imageAt?: number | undefined;
}

/**
 * One way to ask about an image; `generate` asks each image once in each way. The reply has to be the JSON object that
 * the ready-made strategies ask for (`questionType`, `question`, `options`, `rationale`, `answer`), so that the easiest strategy of
 * one's own adds to a ready-made one.
 * @example
 * const sceptic: PromptStrategy = {
 *   name: 'sceptic',
 *   version: '1',
 *   prompt: (request) => {
 *     const { system, ...rest } = promptStrategies.direct.prompt(request);
 *     return { ...rest, system: `${system}\nAsk only what you would bet on.` };
 *   },
 * };
 */
export interface PromptStrategy extends Part {
  /** Pure: the same request gives the same prompt, by which replies that were paid for are found again. */
  prompt(request: StrategyRequest): StrategyPrompt;
}

/** The ready-made strategies by name: `direct`, `step-by-step` and `meta-cognitive`. */
export const promptStrategies = Object.fromEntries(
  strategies.map((strategy) => [
    strategy,
    {
      name: strategy,
      version: '1',
      prompt: (request: StrategyRequest): GeneratorPrompt => buildGeneratorPrompt({ ...request, strategy }),
    },
  ]),
) as Record<Strategy, PromptStrategy & { prompt(request: StrategyRequest): GeneratorPrompt }>;

export const isReadyMade = (name: string): name is Strategy => Object.hasOwn(promptStrategies, name);
