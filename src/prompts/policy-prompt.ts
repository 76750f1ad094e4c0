/**
 * How a question is put to a policy, and how a response is written: the text forms shared by training and evaluation.
 */
import type { ResponseFormat } from '../reward/response-format.js';
import { optionLetter } from '../reward/options/answer-options.js';
import type { Query, Sample } from '../sample.js';

/** What a policy is told about the form of its response: nothing, to reason first, or to answer at once. */
export type Instruction = 'none' | 'think' | 'answer';

const instructionTexts: Record<Instruction, string> = {
  none: '',
  think:
    'Reason about what the image shows first, inside <think> and </think>. ' +
    'Then give the final answer alone, inside <answer> and </answer>.',
  answer: 'Give the final answer alone, inside <answer> and </answer>.',
};

/** The form that a policy with this instruction is held to. */
export function responseFormatOf(instruction: Instruction): ResponseFormat {
  if (instruction === 'think') return 'think-answer';
  return instruction === 'answer' ? 'answer-only' : 'either';
}

/** The question, then one line per option: `A) Microscopy`. */
export function renderQuery({ question, options }: Query): string {
  return [question, ...options.map((option, i) => `${optionLetter(i)}) ${option}`)].join('\n');
}

/** What the policy reads beside the image. */
export function renderPolicyPrompt(query: Query, instruction: Instruction): string {
  const text = instructionTexts[instruction];
  return text === '' ? renderQuery(query) : `${renderQuery(query)}\n\n${text}`;
}

/** The response that teaches: reasoning, then the answer in words. Without a rationale, the answer block alone. */
export function renderResponse({ rationale, answer }: Pick<Sample, 'rationale' | 'answer'>): string {
  const thinking = rationale.trim() === '' ? '' : `<think>${rationale.trim()}</think>`;
  return `${thinking}<answer>${answer}</answer>`;
}
