/** Prompts: what generators and policies are sent, and how a generator's reply becomes a sample. */
export {
  aroundImage,
  buildGeneratorPrompt,
  questionTypeOfPrompt,
  questionTypesOfPrompt,
  renderReply,
  strategyOfPrompt,
} from './generator-prompt.js';
export type { GeneratorPrompt, GeneratorRequest } from './generator-prompt.js';
export { promptStrategies } from './prompt-strategy.js';
export type { PromptStrategy, StrategyPrompt, StrategyRequest } from './prompt-strategy.js';
export { dropReasons, parseReplies, parseReply, replySchema, replySchemaOf } from './parse.js';
export type { DropReason, ParsedReply, Reply, ReplyContext, ReplyFields } from './parse.js';
export { replyRepairs } from './replies/reply-repairs.js';
export type { ReplyRepair } from './replies/reply-repairs.js';
export { renderPolicyPrompt, renderQuery, renderResponse } from './policy-prompt.js';
export type { Instruction } from './policy-prompt.js';
