/** `medgr2/parts`: the parts of the loop that `runLoop(config, { parts })` and the section `parts` take. */
import '../bridge/environment/refuse-old-node.js';

export type {
  EventSink,
  FilterContext,
  LoopParts,
  OwnProvider,
  OwnStage,
  OwnStageContext,
  RewardFunction,
  SampleFilter,
  StageReport,
} from '../loop/parts/loop-parts.js';
export type { Part as LoopPart } from '../config/part.js';
export { promptStrategies } from '../prompts/prompt-strategy.js';
export type { PromptStrategy, StrategyPrompt, StrategyRequest } from '../prompts/prompt-strategy.js';
export type { GeneratorPrompt, GeneratorRequest, Told } from '../prompts/generator-prompt.js';
export type { Evaluator, GivenAnswer, Judgement } from '../evaluation/evaluator.js';
export type {
  Capabilities,
  FinishReason,
  Provider,
  ProviderReply,
  ProviderRequest,
  Usage,
} from '../providers/provider.js';
export { ProviderCallError } from '../providers/call-error.js';
export type { Quota } from '../providers/quota.js';
export type { StructuredOutput } from '../config/asking/asked-providers.js';
export type { CallErrorDetails, CallFailure } from '../providers/call-error.js';
