/** What the generator takes: requests, tokens and cost; device time and memory where it runs on this machine. Pure. */
import { sectionOf } from '../../config/asking/asked-providers.js';
import type { Config } from '../../config/schema.js';
import { buildGeneratorPrompt } from '../../prompts/generator-prompt.js';
import { asksInBatches } from '../generator/batch-mode.js';
import { generatorIdentity } from '../generator/generator-pricing.js';
import { tokensOf } from '../../job-spec/checks/image-rules.js';
import type { ImageSize } from '../../job-spec/checks/image-tokens.js';
import { imageRuleFor, type VlmShape } from './model-size.js';
import type { Assumptions } from './assumptions.js';
import { completionSeconds, type Machine, type Sequence } from './compute-time.js';
import { geminiImageTokens } from './gemini-tokens.js';
import { precisionOf, type Precision } from './gpu-memory.js';
import { inBatches, training } from './stage-time.js';
import type { Plan, PlanFacts } from './plan-types.js';
import type { StageLoad, Workload } from './workload.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';
import { mean } from '../../mean.js';

/** A generator on this machine, as far as time and memory need it. */
export interface LocalGenerator {
  shape: VlmShape;
  precision: Precision;
  /** Its prompt with the image, and its reply. */
  prompt: Sequence;
  reply: number;
}

/** Null where the generator runs elsewhere, on the CPU, or says no size. */
export function localGenerator(config: Config, facts: PlanFacts, assumptions: Assumptions): LocalGenerator | null {
  const { generation, device } = config;
  if (generation.provider !== 'local' || facts.generator === null || device === 'cpu') return null;
  const { model, dtype, maxPixels } = sectionOf(generation, 'local');
  if (isShipped(model)) return null;
  const { shape } = facts.generator;
  const rule = imageRuleFor(facts.generator, maxPixels);
  const image = mean(sizesOf(facts, assumptions).map((size) => tokensOf(size, rule))) ?? 0;
  return {
    shape,
    precision: precisionOf({ dtype, model, device }),
    prompt: { tokens: image + promptTokens(config, facts, assumptions), imageTokens: image },
    reply: assumptions.replyTokens,
  };
}

/** Device seconds of the stages that run it; null for any other stage. */
export function generatorSeconds(
  { generation, generatorUpdate }: Config,
  { stage, items, steps }: StageLoad,
  { shape, precision, prompt, reply }: LocalGenerator,
  settings: Omit<Machine, 'precision'>,
): number | null {
  const machine = { ...settings, precision };
  const { batchSize, lora } = sectionOf(generation, 'local');
  if (stage === 'generate')
    return inBatches(items, batchSize, (sequences) =>
      completionSeconds(shape, prompt, { sequences, newTokens: reply }, machine),
    );
  if (stage !== 'generator-warm-start' && stage !== 'generator-sft') return null;
  const { sft } = generatorUpdate;
  const whole = { ...prompt, tokens: prompt.tokens + reply };
  const byEpochs = stage === 'generator-sft' && sft.maxSteps === undefined;
  const sequences = byEpochs ? items * sft.epochs : (steps ?? 0) * sft.batchSize * sft.accumulation;
  return training(shape, whole, sequences, machine, { lora: lora !== undefined, checkpointing: true });
}

const names: Partial<Record<Config['generation']['provider'], string>> = {
  simulated: 'simulated teacher',
  own: 'provider of your own',
};

/** @param local What is known of a generator on this machine. */
export function generatorPlan(
  config: Config,
  facts: PlanFacts,
  { samples: { requests, candidates }, stages }: Workload,
  assumptions: Assumptions,
  { local, machine }: { local: LocalGenerator | null; machine: Omit<Machine, 'precision'> },
): Plan['generator'] {
  const { generation } = config;
  const { provider } = generation;
  const free = provider === 'simulated' || provider === 'local';
  const image = local?.prompt.imageTokens ?? mean(sizesOf(facts, assumptions).map(geminiImageTokens)) ?? 0;
  const inputTokens = Math.round(requests * (image + promptTokens(config, facts, assumptions)));
  const outputTokens = candidates * assumptions.replyTokens;
  const { price } = facts;
  const inBatch = asksInBatches(generation, requests / Math.max(1, config.cycles));
  const share = inBatch ? (price?.batch ?? 1) : 1;
  const costOf = (output: number): number | null =>
    free ? 0 : price === null ? null : (share * (inputTokens * price.input + output * price.output)) / 1e6;
  const seconds =
    local === null
      ? null
      : stages
          .filter(({ stage }) => stage === 'generate')
          .reduce((sum, stage) => sum + (generatorSeconds(config, stage, local, machine) ?? 0), 0);
  // How soon a batch is answered is the provider's affair.
  const waiting = inBatch ? null : (requests * assumptions.requestSeconds) / generation.concurrency / 3600;
  return {
    name: names[provider] ?? generatorIdentity(generation).model,
    inputTokens,
    outputTokens,
    cost: costOf(outputTokens),
    highestCost: costOf(candidates * generation.maxOutputTokens),
    currency: price?.currency ?? null,
    hours: provider === 'simulated' ? 0 : provider === 'local' ? seconds && seconds / 3600 : waiting,
  };
}

/** What a judge takes: a request for each candidate, with its image, the rubric and the sample. Null where none is asked. */
export function judgePlan(
  config: Config,
  facts: PlanFacts,
  { stages }: Workload,
  assumptions: Assumptions,
): Plan['judge'] {
  const { verify, cycles } = config;
  const requests = stages.reduce((sum, { stage, items }) => sum + (stage === 'verify' ? items : 0), 0);
  if (!verify.enabled || requests === 0) return null;
  const isFree = verify.provider === 'simulated' || verify.provider === 'local';
  const image = mean(sizesOf(facts, assumptions).map(geminiImageTokens)) ?? 0;
  const inputTokens = Math.round(requests * (image + rubricTokens + assumptions.judgedTokens));
  const outputTokens = requests * assumptions.verdictTokens;
  const price = facts.judgePrice ?? null;
  const inBatch = asksInBatches(verify, requests / Math.max(1, cycles));
  const share = inBatch ? (price?.batch ?? 1) : 1;
  const costOf = (output: number): number | null =>
    isFree ? 0 : price === null ? null : (share * (inputTokens * price.input + output * price.output)) / 1e6;
  const waiting = inBatch ? null : (requests * assumptions.requestSeconds) / verify.concurrency / 3600;
  return {
    name: verify.provider === 'simulated' ? 'simulated judge' : generatorIdentity(verify).model,
    requests,
    inputTokens,
    outputTokens,
    cost: costOf(outputTokens),
    highestCost: costOf(requests * verify.maxOutputTokens),
    currency: price?.currency ?? null,
    hours: verify.provider === 'simulated' ? 0 : verify.provider === 'local' ? null : waiting,
  };
}

/** Of the rubric that ships, with the form of the reply. */
const rubricTokens = 900;

/** Of the texts that are really sent, reports beside images among them, their mean over strategies and question types, and of the examples in them. */
export function promptTokens(config: Config, { shown }: Pick<PlanFacts, 'shown'>, assumptions: Assumptions): number {
  const { generation, generatorUpdate } = config;
  // Prompts of strategies of a person's own are not known before they are asked.
  const named = generation.strategies.length === 0 ? (['direct'] as const) : generation.strategies;
  const lengths = named.flatMap((strategy) =>
    generation.questionTypes.map((questionType) => {
      const { system, prompt } = buildGeneratorPrompt({ strategy, questionType, exemplars: [] });
      return system.length + prompt.length;
    }),
  );
  const refreshed = generatorUpdate.enabled && generatorUpdate.method === 'exemplars';
  const exemplars = generation.seedExemplars > 0 || refreshed ? generatorUpdate.exemplars : 0;
  const texts = shown?.meanCharacters ?? 0;
  return ((mean(lengths) ?? 0) + texts) / assumptions.charactersPerToken + exemplars * assumptions.replyTokens;
}

const sizesOf = ({ images }: PlanFacts, assumptions: Assumptions): readonly ImageSize[] =>
  images.length > 0 ? images : [assumptions.image];
