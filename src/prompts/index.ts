/** Prompts: what generators and policies are sent, and how a generator's reply becomes a sample. */
export { buildGeneratorPrompt, questionTypeOfPrompt, renderReply, strategyOfPrompt } from './generator.js';
export type { GeneratorPrompt, GeneratorRequest } from './generator.js';
export { dropReasons, parseReply, replySchema } from './parse.js';
export type { DropReason, ParsedReply, Reply, ReplyContext, ReplyFields } from './parse.js';
export { renderPolicyPrompt, renderQuery, renderResponse } from './render.js';
export type { Instruction } from './render.js';
