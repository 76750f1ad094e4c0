/**
 * The papers' own rules, as their published code has them: for reproductions that are to be literal. They pay what our rules
 * do not (a capital anywhere in the block) and miss what ours read (the option's words); `npm run bench:reading` counts it.
 * Read in Yuxiang-Lai117/Med-R1 at 88d76c7 (grpo_vqa.py, test_qwen2_5vl_vqa.py) and JZPeterPan/MedVLM-R1 at 2eee421
 * (open_r1/grpo.py, test_qwen2vl_med.py). Left out: Med-R1 first asks the package math_verify, which finds nothing in letters
 * and words but equates numbers and formulas written differently.
 */
import type { Sample } from '../sample.js';
import { answerBlock } from './response-format.js';
import { optionLetter } from './options/answer-options.js';

/** Whose rules. */
export type Paper = 'medvlm-r1' | 'med-r1';
type Key = Pick<Sample, 'options' | 'answer'>;

/** What the papers' data give as the solution: the letter of the option, or an open question's words. */
function solutionOf({ options, answer }: Key): string {
  const index = options.indexOf(answer);
  return index === -1 ? answer.trim() : optionLetter(index);
}

/** The accuracy that a paper's own code pays, letter for letter: 1, or MedVLM-R1's 0.5, else 0. */
export function publishedAccuracy(paper: Paper, completion: string, key: Key): 0 | 0.5 | 1 {
  return paper === 'medvlm-r1'
    ? lettersInBlock(completion, solutionOf(key))
    : blockAsWritten(completion, solutionOf(key));
}

/**
 * MedVLM-R1: the first answer block must hold one letter A to J in all, in either case and also inside words. 1 where that is
 * the solution and nothing else stands there, 0.5 where more does.
 */
function lettersInBlock(completion: string, solution: string): 0 | 0.5 | 1 {
  const block = /<answer>(.*?)<\/answer>/is.exec(completion)?.[1]?.trim() ?? '';
  const letters = block.toUpperCase().match(/[A-J]/g) ?? [];
  if (letters.length !== 1 || letters[0] !== solution.toUpperCase().replace(/\s+/g, '')) return 0;
  return block.length === 1 ? 1 : 0.5;
}

/** Med-R1: the first answer block on one line, or the whole text without one, is the solution letter for letter. */
function blockAsWritten(completion: string, solution: string): 0 | 1 {
  const block = /<answer>(.*?)<\/answer>/.exec(completion)?.[1] ?? completion;
  return block.trim() === solution ? 1 : 0;
}

/**
 * Both papers: a think block, then an answer block, whatever they hold, and nothing around them. Med-R1 "Nothink": the answer
 * block alone, which blanks may precede.
 */
export function publishedFormat(completion: string, format: 'think-answer' | 'answer-only' | 'either'): 0 | 1 {
  const think = /^<think>.*?<\/think>\s*<answer>.*?<\/answer>$/s.test(completion);
  const answer = /^\s*<answer>.*?<\/answer>$/s.test(completion);
  return (format !== 'answer-only' && think) || (format !== 'think-answer' && answer) ? 1 : 0;
}

/** MedVLM-R1's evaluation script: the first answer block that holds one capital letter and nothing else. */
export function publishedLetter(completion: string): string | null {
  return /<answer>\s*([A-Z])\s*<\/answer>/.exec(completion)?.[1] ?? null;
}

/** Med-R1's evaluation script: the first answer block that holds one word and nothing else. */
export function publishedWord(completion: string): string | null {
  return /<answer>\s*([\p{L}\p{N}_]+)\s*<\/answer>/u.exec(completion)?.[1] ?? null;
}

/** Exact match as published tables have it: trimmed, without regard to case or a final full stop; block or whole text. */
export function exactMatch(completion: string, answer: string): boolean {
  const folded = (text: string): string => text.trim().toLowerCase().replace(/\.$/, '').trim();
  return folded(answerBlock(completion) ?? completion) === folded(answer);
}
