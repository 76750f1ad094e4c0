/** The shape of a response: `<think>` and `<answer>` blocks. Says where they are, not whether the answer is right. */

/** What a response must look like: reasoning then answer, the answer alone (Med-R1 "Nothink"), or either of the two. */
export type ResponseFormat = 'think-answer' | 'answer-only' | 'either';

const inner = '((?:(?!</?(?:think|answer)>)[\\s\\S])*)';
const answerOnly = new RegExp(`^\\s*<answer>${inner}</answer>\\s*$`);
const thinkAnswer = new RegExp(`^\\s*<think>${inner}</think>\\s*<answer>${inner}</answer>\\s*$`);

/** Drops what a tokenizer leaves at the end of a completion, such as `<|im_end|>`. */
export function withoutSpecialTokens(text: string): string {
  return text.replace(/<\|[a-z_]+\|>/gi, '');
}

/** How other model families open and close their reasoning; the last pair is that of MedGemma, then Harmony's channels. */
const otherThinking: readonly (readonly [RegExp, RegExp])[] = [
  [
    /<(?:thinking|thought|thoughts|reasoning|reflection|scratchpad|seed:think)>/gi,
    /<\/(?:thinking|thought|thoughts|reasoning|reflection|scratchpad|seed:think)>/gi,
  ],
  [
    /<\|(?:begin_of_thought|thought_start|think|start_thinking)\|>/gi,
    /<\|(?:end_of_thought|thought_end|\/think|end_thinking)\|>/gi,
  ],
  [/◁think▷/gi, /◁\/think▷/gi],
  [/\[THINK\]/g, /\[\/THINK\]/g],
  [/<unused94>(?:thought\b)?/g, /<unused95>/g],
  [/<\|channel\|>(?:analysis|commentary)[^<]*<\|message\|>/g, /<\|channel\|>final[^<]*<\|message\|>/g],
];

/** The reasoning of every family in `<think>`. */
function withThinkTags(text: string): string {
  if (!/[<◁[]/.test(text)) return text;
  return otherThinking.reduce((said, [open, close]) => said.replace(open, '<think>').replace(close, '</think>'), text);
}

/**
 * Exactly one non-empty block of each kind asked for, in order, and nothing else but blanks.
 * @example
 * isWellFormed('<think>Bright CSF.</think> <answer>MRI</answer>', 'think-answer'); // → true
 */
export function isWellFormed(text: string, format: ResponseFormat): boolean {
  const clean = withoutSpecialTokens(text);
  if (format !== 'think-answer' && filled(answerOnly.exec(clean))) return true;
  return format !== 'answer-only' && filled(thinkAnswer.exec(clean));
}

function filled(match: RegExpExecArray | null): boolean {
  return match !== null && match.slice(1).every((content) => content.trim() !== '');
}

/** MedVLM-R1's and Med-R1's score for the format: 1 for a well-formed response, else 0. */
export function formatScore(text: string, format: ResponseFormat): 0 | 1 {
  return isWellFormed(text, format) ? 1 : 0;
}

/** An answer block that holds something, outside the reasoning. */
export interface AnswerBlock {
  content: string;
  /** Text between the block before it and this one. */
  between: string;
}

export interface SpokenAnswers {
  /** In their order. */
  blocks: AnswerBlock[];
  /** What is said after the last one. */
  after: string;
}

/** An unclosed block runs to the end. A block inside the reasoning, finished or not, is no answer. */
export function spokenAnswers(text: string): SpokenAnswers {
  const spoken = withoutThinking(withoutSpecialTokens(withThinkTags(text)));
  const blocks: AnswerBlock[] = [];
  let end = 0;
  for (const match of spoken.matchAll(/<answer>([\s\S]*?)(?:<\/answer>|(?=<answer>)|$)/gi)) {
    const content = (match[1] ?? '').replace(/<\/?(?:think|[a-z]*$)>?/gi, '').trim();
    if (content === '') continue;
    blocks.push({ content, between: spoken.slice(end, match.index) });
    end = match.index + match[0].length;
  }
  return { blocks, after: spoken.slice(end).replace(/<\/?answer>/gi, ' ') };
}

/** Content of the last answer block that has any; null where there is none. */
export function answerBlock(text: string): string | null {
  return spokenAnswers(text).blocks.at(-1)?.content ?? null;
}

function withoutThinking(text: string): string {
  const rest = text
    .replace(/<think>(?:(?!<\/?think>)[\s\S])*<\/think>/gi, ' ')
    .split(/<\/think>/i)
    .at(-1);
  return (rest ?? '').split(/<think>/i)[0] ?? '';
}

/** What stands outside the reasoning: all after the last `</think>`, nothing while the reasoning is still open. */
export function outsideThinking(text: string): string {
  const rest =
    withoutSpecialTokens(withThinkTags(text))
      .split(/<\/think>/i)
      .at(-1) ?? '';
  const open = rest.search(/<think>/i);
  return (open === -1 ? rest : rest.slice(0, open)).replace(/<\/?(?:answer|think)?>|<\/?[a-z]*$/gi, ' ').trim();
}
